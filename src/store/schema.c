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

const char *const schema_steps[SCHEMA_VERSION] = {version_1};
