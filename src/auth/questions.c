#include "auth/questions.h"

#include <stdlib.h>
#include <string.h>

#include "auth/message.h"
#include "dns/wire.h"

enum { PACKET_ANSWER_MAX = 4 * 1024 * 1024 /* octets of one answer: a packet of 64 KiB unfolds to less */ };

/* Room for that many questions and their names. */
static bool reserve(struct question_list *list, size_t count)
{
	if (count <= list->room)
		return true;
	struct inkan_question *questions = realloc(list->questions, count * sizeof *questions);

	list->questions = questions ? questions : list->questions;
	void *names = questions ? realloc(list->names, count * sizeof *list->names) : NULL;

	if (!names)
		return false;
	list->names = names;
	list->room = count;
	return true;
}

int question_list_make(struct question_list *list, const struct evidence *evidence, size_t *count_out)
{
	const struct dns_question *open;
	size_t count = evidence_open(evidence, &open);

	if (!reserve(list, count))
		return INKAN_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		memcpy(list->names[i], open[i].name.p, open[i].name.n);
		list->names[i][open[i].name.n] = '\0';
		list->questions[i] = (struct inkan_question){(enum inkan_dns_type)open[i].type, list->names[i]};
	}
	*count_out = count;
	return INKAN_OK;
}

void question_list_release(struct question_list *list)
{
	free(list->questions);
	free(list->names);
	*list = (struct question_list){0};
}

static int answer(struct inkan_message *m, const struct inkan_question *question, const struct dns_answer *a)
{
	return evidence_add(message_evidence(m), (enum dns_type)question->type, str_c(question->name), a);
}

int inkan_message_answer_packet(struct inkan_message *m, const struct inkan_question *question,
                                const unsigned char *packet, size_t n, bool secure)
{
	enum dns_type type = (enum dns_type)question->type;
	char normal[DNS_NAME_MAX];
	struct str name = {normal, 0};
	struct dns_answer a;
	struct arena scratch;

	if (!dns_type_name(type) || !dns_name_normalise(str_c(question->name), normal, &name.n))
		return INKAN_EUSAGE;
	arena_init(&scratch, PACKET_ANSWER_MAX);
	int error = wire_answer_parse(&scratch, str_from((const char *)packet, n), type, name, &a);

	if (error == INKAN_ELIMIT) {
		a = *dns_answer_without_records(DNS_SERVFAIL);
		error = INKAN_OK;
	}
	a.secure = secure;
	if (!error)
		error = answer(m, question, &a);
	arena_release(&scratch);
	return error;
}

int inkan_message_answer_txt(struct inkan_message *m, const struct inkan_question *question, const char *const *texts,
                             const size_t *sizes, size_t count)
{
	if (question->type != INKAN_DNS_TXT)
		return INKAN_EUSAGE;
	struct dns_record *records = calloc(count ? count : 1, sizeof *records);

	if (!records)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < count; i++)
		records[i].text = str_from(texts[i], sizes[i]);
	int error = answer(
		m, question,
		&(struct dns_answer){.status = count ? DNS_ANSWER : DNS_NODATA, .records = records, .count = count});

	free(records);
	return error;
}

/* ---- records ---- */

/* Without its final dot, unless that is escaped or all there is. */
static struct str without_final_dot(struct str name)
{
	size_t escapes = 0;

	if (name.n < 2 || name.p[name.n - 1] != '.')
		return name;
	while (escapes < name.n - 1 && name.p[name.n - 2 - escapes] == '\\')
		escapes++;
	return escapes % 2 ? name : str_head(name, name.n - 1);
}

static bool is_name(struct str name)
{
	bool clean = name.n > 0 && name.n <= INKAN_DNS_NAME_MAX;

	for (size_t i = 0; clean && i < name.n; i++)
		clean = (unsigned char)name.p[i] >= 0x20 && name.p[i] != 0x7f;
	return clean;
}

/* *fit is set to false where the record cannot have come from DNS. */
static int take_record(enum inkan_dns_type type, const struct inkan_dns_record *from, struct dns_record *to, bool *fit)
{
	switch (type) {
	case INKAN_DNS_A:
	case INKAN_DNS_AAAA:
		memcpy(to->address, from->address, sizeof to->address);
		return INKAN_OK;
	case INKAN_DNS_TXT:
		to->text = str_from(from->text ? from->text : "", from->size);
		return from->text || !from->size ? INKAN_OK : INKAN_EUSAGE;
	case INKAN_DNS_MX:
	case INKAN_DNS_PTR:
	case INKAN_DNS_CNAME:
		if (!from->name)
			return INKAN_EUSAGE;
		to->preference = from->preference;
		to->name = without_final_dot(str_c(from->name));
		*fit = *fit && is_name(to->name);
		return INKAN_OK;
	}
	return INKAN_EUSAGE;
}

static bool is_public_type(enum inkan_dns_type type)
{
	return type == INKAN_DNS_A || type == INKAN_DNS_AAAA || type == INKAN_DNS_TXT || type == INKAN_DNS_MX ||
	       type == INKAN_DNS_PTR || type == INKAN_DNS_CNAME;
}

int inkan_message_answer_records(struct inkan_message *m, const struct inkan_question *question,
                                 const struct inkan_dns_record *records, size_t count, bool secure)
{
	struct dns_answer a = {.status = count ? DNS_ANSWER : DNS_NODATA, .secure = secure, .count = count};
	bool fit = true;

	if (!is_public_type(question->type))
		return INKAN_EUSAGE;
	struct dns_record *taken = calloc(count ? count : 1, sizeof *taken);
	int error = taken ? INKAN_OK : INKAN_ENOMEM;

	for (size_t i = 0; i < count && !error; i++)
		error = take_record(question->type, &records[i], &taken[i], &fit);
	a.records = taken;
	if (!error)
		error = answer(m, question, fit ? &a : dns_answer_without_records(DNS_SERVFAIL));
	free(taken);
	return error;
}

int inkan_message_answer_failure(struct inkan_message *m, const struct inkan_question *question,
                                 enum inkan_dns_failure failure)
{
	static const enum dns_status statuses[] = {[INKAN_DNS_NODATA] = DNS_NODATA,
	                                           [INKAN_DNS_NXDOMAIN] = DNS_NXDOMAIN,
	                                           [INKAN_DNS_SERVFAIL] = DNS_SERVFAIL,
	                                           [INKAN_DNS_TIMEOUT] = DNS_TIMEOUT,
	                                           [INKAN_DNS_BOGUS] = DNS_BOGUS};

	if (failure < INKAN_DNS_NODATA || failure > INKAN_DNS_BOGUS)
		return INKAN_EUSAGE;
	return answer(m, question, &(struct dns_answer){.status = statuses[failure]});
}
