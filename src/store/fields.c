#include "store/fields.h"

/* clang-format off */
#define TEXT_FIELD(name, privacy) {#name, offsetof(struct outcome, name), FIELD_TEXT, privacy}
#define FIELD(name, kind) {#name, offsetof(struct outcome, name), kind, PRIVACY_NONE}

const struct outcome_field outcome_fields[OUTCOME_FIELDS] = {
	FIELD(time, FIELD_I64),
	FIELD(size, FIELD_U64),
	FIELD(recipients, FIELD_U32),
	FIELD(duration, FIELD_U32),
	FIELD(dns_time, FIELD_U32),
	FIELD(dns_questions, FIELD_U32),
	FIELD(shadow, FIELD_BOOL),
	TEXT_FIELD(queue_id, PRIVACY_NONE),
	TEXT_FIELD(message_id, PRIVACY_NONE),
	TEXT_FIELD(direction, PRIVACY_NONE),
	TEXT_FIELD(direction_reason, PRIVACY_NONE),
	TEXT_FIELD(client_ip, PRIVACY_NONE),
	TEXT_FIELD(client_name, PRIVACY_NONE),
	TEXT_FIELD(helo, PRIVACY_NONE),
	TEXT_FIELD(login, PRIVACY_PERSON),
	TEXT_FIELD(mail_from, PRIVACY_ADDRESS),
	TEXT_FIELD(recipient, PRIVACY_ADDRESS),
	TEXT_FIELD(from_address, PRIVACY_ADDRESS),
	TEXT_FIELD(from_domain, PRIVACY_NONE),
	TEXT_FIELD(verdict, PRIVACY_NONE),
	TEXT_FIELD(verdict_reason, PRIVACY_NONE),
	TEXT_FIELD(spf_result, PRIVACY_NONE),
	TEXT_FIELD(spf_domain, PRIVACY_NONE),
	TEXT_FIELD(spf_scope, PRIVACY_NONE),
	TEXT_FIELD(helo_result, PRIVACY_NONE),
	TEXT_FIELD(arc_result, PRIVACY_NONE),
	FIELD(arc_sets, FIELD_U32),
	TEXT_FIELD(dmarc_result, PRIVACY_NONE),
	TEXT_FIELD(dmarc_domain, PRIVACY_NONE),
	TEXT_FIELD(organizational_domain, PRIVACY_NONE),
	TEXT_FIELD(dmarc_record, PRIVACY_NONE),
	TEXT_FIELD(dmarc_policy, PRIVACY_NONE),
	TEXT_FIELD(disposition, PRIVACY_NONE),
	TEXT_FIELD(override, PRIVACY_NONE),
	TEXT_FIELD(override_comment, PRIVACY_NONE),
	FIELD(dmarc_testing, FIELD_BOOL),
	FIELD(spf_aligned, FIELD_BOOL),
	FIELD(dkim_aligned, FIELD_BOOL),
	TEXT_FIELD(gateway, PRIVACY_NONE),
	TEXT_FIELD(action, PRIVACY_NONE),
	TEXT_FIELD(action_reason, PRIVACY_NONE),
	TEXT_FIELD(reply, PRIVACY_NONE),
	TEXT_FIELD(not_signed, PRIVACY_NONE),
	TEXT_FIELD(trouble, PRIVACY_NONE),
	FIELD(removed_fields, FIELD_U32),
};
#undef FIELD
#undef TEXT_FIELD

const struct outcome_field outcome_dkim_fields[OUTCOME_DKIM_FIELDS] = {
	{"domain", offsetof(struct outcome_dkim, domain), FIELD_TEXT, PRIVACY_NONE},
	{"selector", offsetof(struct outcome_dkim, selector), FIELD_TEXT, PRIVACY_NONE},
	{"result", offsetof(struct outcome_dkim, result), FIELD_TEXT, PRIVACY_NONE},
	{"cause", offsetof(struct outcome_dkim, cause), FIELD_TEXT, PRIVACY_NONE},
	{"aligned", offsetof(struct outcome_dkim, aligned), FIELD_BOOL, PRIVACY_NONE},
};

const struct outcome_field outcome_signed_fields[OUTCOME_SIGNED_FIELDS] = {
	{"domain", offsetof(struct outcome_signed, domain), FIELD_TEXT, PRIVACY_NONE},
	{"selector", offsetof(struct outcome_signed, selector), FIELD_TEXT, PRIVACY_NONE},
	{"algorithm", offsetof(struct outcome_signed, algorithm), FIELD_TEXT, PRIVACY_NONE},
};
/* clang-format on */

int64_t field_number(const void *element, const struct outcome_field *field)
{
	const char *p = (const char *)element + field->offset;
	int64_t i64;
	uint64_t u64;
	uint32_t u32;
	bool flag;

	switch (field->kind) {
	case FIELD_I64:
		memcpy(&i64, p, sizeof(i64));
		return i64;
	case FIELD_U64:
		memcpy(&u64, p, sizeof(u64));
		return u64 > INT64_MAX ? INT64_MAX : (int64_t)u64;
	case FIELD_U32:
		memcpy(&u32, p, sizeof(u32));
		return u32;
	case FIELD_BOOL:
		memcpy(&flag, p, sizeof(flag));
		return flag;
	case FIELD_TEXT:
		break;
	}
	return 0;
}

void field_set_text(void *element, const struct outcome_field *field, struct str value)
{
	memcpy((char *)element + field->offset, &value, sizeof(value));
}

static uint64_t clamp(int64_t value, uint64_t max)
{
	return value < 0 ? 0 : (uint64_t)value > max ? max : (uint64_t)value;
}

void field_set_number(void *element, const struct outcome_field *field, int64_t value)
{
	char *p = (char *)element + field->offset;
	uint64_t u64 = clamp(value, INT64_MAX);
	uint32_t u32 = (uint32_t)clamp(value, UINT32_MAX);
	bool flag = value != 0;

	switch (field->kind) {
	case FIELD_I64:
		memcpy(p, &value, sizeof(value));
		break;
	case FIELD_U64:
		memcpy(p, &u64, sizeof(u64));
		break;
	case FIELD_U32:
		memcpy(p, &u32, sizeof(u32));
		break;
	case FIELD_BOOL:
		memcpy(p, &flag, sizeof(flag));
		break;
	case FIELD_TEXT:
		break;
	}
}

static void put_list(struct json *j, const void *elements, size_t count, size_t size,
                     const struct outcome_field *fields, size_t field_count)
{
	json_array_begin(j);
	for (size_t i = 0; i < count; i++) {
		const char *element = (const char *)elements + i * size;

		json_object_begin(j);
		for (size_t k = 0; k < field_count; k++)
			if (fields[k].kind == FIELD_TEXT)
				json_key_str(j, fields[k].name, field_text(element, &fields[k]));
			else
				json_key_bool(j, fields[k].name, field_number(element, &fields[k]));
		json_object_end(j);
	}
	json_array_end(j);
}

void outcome_dkim_json(const struct outcome *outcome, struct json *j)
{
	put_list(j, outcome->dkim, outcome->dkim_count, sizeof(*outcome->dkim), outcome_dkim_fields,
	         OUTCOME_DKIM_FIELDS);
}

void outcome_signed_json(const struct outcome *outcome, struct json *j)
{
	put_list(j, outcome->signatures, outcome->signed_count, sizeof(*outcome->signatures), outcome_signed_fields,
	         OUTCOME_SIGNED_FIELDS);
}

struct str address_domain(struct str address)
{
	struct str domain = str_skip(address, str_rfind(address, '@') + 1);

	if (str_rfind(address, '@') == address.n)
		return STR("");
	if (domain.n && domain.p[domain.n - 1] == '>')
		domain.n--;
	return domain;
}
