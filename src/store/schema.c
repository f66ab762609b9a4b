#include "store/schema.h"

/* A row is a message. Columns have the names of the members of struct outcome (store/fields.c) and, besides:
 * envelope_from, envelope_to: domains of sender and first recipient, as RFC 9990 calls and wants them; dkim, signatures: the lists
 * as JSON arrays of objects. Times are Unix microseconds; flags are 0 and 1.
 *
 * An aggregate report for a domain and a day (RFC 9990 section 3.1) is a scan of outcome_by_policy_domain:
 *
 *	SELECT client_ip, disposition, override, override_comment, dkim_aligned, spf_aligned, from_domain, envelope_from,
 *	       envelope_to, dkim, spf_domain, spf_scope, spf_result, dmarc_record, count(*)
 *	FROM outcome WHERE dmarc_domain = ? AND time >= ? AND time < ? GROUP BY 1, 2, ... 14 */
static const char version_1[] = "CREATE TABLE outcome ("
				"  id INTEGER PRIMARY KEY,"
				"  time INTEGER NOT NULL,"
				"  size INTEGER NOT NULL,"
				"  recipients INTEGER NOT NULL,"
				"  duration INTEGER NOT NULL,"
				"  dns_time INTEGER NOT NULL,"
				"  dns_questions INTEGER NOT NULL,"
				"  shadow INTEGER NOT NULL,"
				"  queue_id TEXT NOT NULL,"
				"  message_id TEXT NOT NULL,"
				"  direction TEXT NOT NULL,"
				"  direction_reason TEXT NOT NULL,"
				"  client_ip TEXT NOT NULL,"
				"  client_name TEXT NOT NULL,"
				"  helo TEXT NOT NULL,"
				"  login TEXT NOT NULL,"
				"  mail_from TEXT NOT NULL,"
				"  envelope_from TEXT NOT NULL,"
				"  recipient TEXT NOT NULL,"
				"  envelope_to TEXT NOT NULL,"
				"  from_address TEXT NOT NULL,"
				"  from_domain TEXT NOT NULL,"
				"  verdict TEXT NOT NULL,"
				"  verdict_reason TEXT NOT NULL,"
				"  spf_result TEXT NOT NULL,"
				"  spf_domain TEXT NOT NULL,"
				"  spf_scope TEXT NOT NULL,"
				"  helo_result TEXT NOT NULL,"
				"  arc_result TEXT NOT NULL,"
				"  arc_sets INTEGER NOT NULL,"
				"  dmarc_result TEXT NOT NULL,"
				"  dmarc_domain TEXT NOT NULL,"
				"  organizational_domain TEXT NOT NULL,"
				"  dmarc_record TEXT NOT NULL,"
				"  dmarc_policy TEXT NOT NULL,"
				"  disposition TEXT NOT NULL,"
				"  override TEXT NOT NULL,"
				"  override_comment TEXT NOT NULL,"
				"  dmarc_testing INTEGER NOT NULL,"
				"  spf_aligned INTEGER NOT NULL,"
				"  dkim_aligned INTEGER NOT NULL,"
				"  gateway TEXT NOT NULL,"
				"  dkim TEXT NOT NULL,"
				"  action TEXT NOT NULL,"
				"  action_reason TEXT NOT NULL,"
				"  reply TEXT NOT NULL,"
				"  signatures TEXT NOT NULL,"
				"  not_signed TEXT NOT NULL,"
				"  trouble TEXT NOT NULL,"
				"  removed_fields INTEGER NOT NULL"
				") STRICT;"
				"CREATE INDEX outcome_by_policy_domain ON outcome (dmarc_domain, time);"
				"CREATE INDEX outcome_by_time ON outcome (time);"
				"CREATE INDEX outcome_by_queue_id ON outcome (queue_id);"
				"CREATE INDEX outcome_by_message_id ON outcome (message_id);";

/* The newest time of each key, by domain and selector in lower case: that a message of ours was signed with it (ours 1; not in shadow,
 * where nothing is changed), or that one came in with a valid signature of it (ours 0). What is in `outcome` already is taken over, the
 * newest 100,000 messages of it: the filter must not wait for long. */
static const char version_2[] =
	"CREATE TABLE signature ("
	"  domain TEXT NOT NULL,"
	"  selector TEXT NOT NULL,"
	"  ours INTEGER NOT NULL,"
	"  time INTEGER NOT NULL,"
	"  PRIMARY KEY (domain, selector, ours)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX signature_by_time ON signature (time);"
	"INSERT INTO signature (domain, selector, ours, time) "
	"SELECT lower(s.value ->> 'domain'), lower(s.value ->> 'selector'), 1, max(o.time) FROM "
	"  (SELECT time, shadow, signatures FROM outcome ORDER BY time DESC LIMIT 100000) AS o, "
	"  json_each(o.signatures) AS s WHERE o.shadow = 0 GROUP BY 1, 2;"
	"INSERT INTO signature (domain, selector, ours, time) "
	"SELECT lower(s.value ->> 'domain'), lower(s.value ->> 'selector'), 0, max(o.time) FROM "
	"  (SELECT time, dkim FROM outcome ORDER BY time DESC LIMIT 100000) AS o, "
	"  json_each(o.dkim) AS s WHERE s.value ->> 'result' = 'pass' GROUP BY 1, 2;";

const char *const schema_steps[SCHEMA_VERSION] = {version_1, version_2};
