#include "server/role.h"

#include <unistd.h>

#include "core/buf.h"
#include "server/log.h"

const char *role_name(enum role role)
{
	static const char *const names[] = {"supervisor", "keys", "filter", "recorder", "registrar"};

	return names[role];
}

void role_ready(const struct service *service, const char *trouble)
{
	char line[READY_LINE_MAX + 1];
	struct str text = str_head(trouble ? str_c(trouble) : STR("ready"), READY_LINE_MAX);

	if (service->ready < 0) {
		if (trouble)
			log_line(LOG_ERROR, "%s", trouble);
		return;
	}
	/* one line, whatever a file's name may hold */
	for (size_t i = 0; i < text.n; i++)
		line[i] = (unsigned char)text.p[i] < 32 || text.p[i] == 127 ? '?' : text.p[i];
	line[text.n] = '\n';
	(void)!write(service->ready, line, text.n + 1);
	close(service->ready);
}
