/* Reading order: demo_place_make() -> make_folder(), open_status(), make_keys(), write_configuration(). */
#include "cli/demo_place.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/trouble_text.h"
#include "core/json.h"
#include "registrar/new_key.h"

enum {
	RSA_BITS = 2048,
	STATUS_PORT = 8953,
	TEXT_MAX = 64 * 1024,
	LONGEST_NAME = 20 /* octets of a socket's name in the folder, slash included */
};

#define FOLDER_NAME "/inkan-demo-XXXXXX"
#define SERVICE_USER "nobody" /* whom the service becomes when root starts it */

static const struct demo_key {
	const char *selector, *file;
	enum key_type type;
} keys[] = {{"rsa1", "rsa1.pem", KEY_RSA}, {"ed1", "ed1.pem", KEY_ED25519}};

enum { KEYS = sizeof(keys) / sizeof(*keys) };

void demo_path(const struct demo_place *p, const char *name, char out[DEMO_PATH_MAX])
{
	snprintf(out, DEMO_PATH_MAX, "%s/%s", p->folder, name);
}

enum exit_code demo_place_write(struct ui *ui, const struct demo_place *p, const char *name, struct str octets)
{
	char path[DEMO_PATH_MAX];

	demo_path(p, name, path);
	return file_write(ui, path, octets, 0644, true);
}

/* ---- the folder ---- */

static enum exit_code refuse_folder(struct ui *ui, const char *above, int reason)
{
	ui_error(ui, IN_FILE(above),
	         TEXT(ui, "cannot make a folder here: %s – set TMPDIR to a folder that you may write to",
	              "ここにフォルダーを作れません: %s – 書き込めるフォルダーを TMPDIR に指定してください"),
	         TROUBLE(ui, strerror(reason)));
	return EXIT_USAGE;
}

/* The folder of the store belongs to whom the service becomes. */
static int make_store_folder(const struct demo_place *p)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(SERVICE_USER) : NULL;
	char path[DEMO_PATH_MAX];

	demo_path(p, "store", path);
	if (mkdir(path, 0700) != 0 || (user && chown(path, user->pw_uid, user->pw_gid) != 0))
		return errno;
	return 0;
}

static enum exit_code make_folder(struct ui *ui, struct demo_place *p)
{
	const char *wanted = getenv("TMPDIR");
	char *above = realpath(wanted && *wanted ? wanted : "/tmp", NULL);

	if (!above)
		return refuse_folder(ui, wanted ? wanted : "/tmp", errno);
	if (strlen(above) + strlen(FOLDER_NAME) + LONGEST_NAME > SOCKET_PATH_MAX) {
		ui_error(ui, IN_FILE(above),
		         TEXT(ui, "this path is too long for a socket – set TMPDIR to a shorter one, as /tmp",
		              "ソケットを置くにはパスが長すぎます – TMPDIR に /tmp など短いものを指定してください"));
		free(above);
		return EXIT_USAGE;
	}
	snprintf(p->folder, sizeof p->folder, "%s%s", above, FOLDER_NAME);
	free(above);
	/* the service that root starts becomes somebody else, and has to get through; nobody can list the folder */
	if (!mkdtemp(p->folder) || chmod(p->folder, geteuid() == 0 ? 0711 : 0700) != 0 || make_store_folder(p) != 0) {
		int reason = errno;

		*strrchr(p->folder, '/') = '\0';
		enum exit_code code = refuse_folder(ui, p->folder, reason);

		p->folder[0] = '\0';
		return code;
	}
	return EXIT_FINE;
}

/* Removes the files of one folder and then the folder; what is in it is removed unseen, and nothing is followed. */
static bool remove_folder(int above, const char *name)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(fd, entry->d_name, 0);
	closedir(dir);
	return unlinkat(above, name, AT_REMOVEDIR) == 0;
}

void demo_place_close_status(struct demo_place *p)
{
	if (p->status >= 0)
		close(p->status);
	p->status = -1;
}

bool demo_place_remove(struct demo_place *p)
{
	bool gone = true;

	buf_release(&p->configuration);
	demo_place_close_status(p);
	if (p->folder[0]) {
		int fd = open(p->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0) {
			(void)remove_folder(fd, "store");
			close(fd);
		}
		gone = remove_folder(AT_FDCWD, p->folder);
	}
	p->folder[0] = '\0';
	return gone;
}

/* ---- the status page ---- */

/* Listens on that port of loopback; 0: on one that is free. The descriptor, or -1. */
static int listen_on(uint16_t port)
{
	const struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (const struct sockaddr *)&a, sizeof a) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	int reason = errno;

	close(fd);
	errno = reason;
	return -1;
}

/* The socket is opened here and handed on, so that nobody can take the port in between. */
static enum exit_code open_status(struct ui *ui, struct demo_place *p)
{
	struct sockaddr_in a;
	socklen_t size = sizeof a;

	p->status = listen_on(STATUS_PORT);
	if (p->status < 0)
		p->status = listen_on(0);
	if (p->status >= 0 && getsockname(p->status, (struct sockaddr *)&a, &size) == 0) {
		p->port = ntohs(a.sin_port);
		return EXIT_FINE;
	}
	ui_error(ui, NOWHERE,
	         TEXT(ui, "no port of 127.0.0.1 can be had: %s – is the loopback network up?",
	              "127.0.0.1 のポートを使えません: %s – ループバックが有効か確かめてください"),
	         TROUBLE(ui, strerror(errno)));
	return EXIT_INTERNAL;
}

/* ---- keys and records ---- */

static enum exit_code keep_key(struct ui *ui, const struct demo_place *p, const struct crypto *crypto,
                               const struct demo_key *k, struct buf *record)
{
	char path[DEMO_PATH_MAX];
	struct private_key *key;
	struct buf pem;
	enum exit_code code = EXIT_FINE;
	int error = new_private_key(crypto, k->type, RSA_BITS, &key);

	if (error)
		return ui_failed(ui, NOWHERE, error);
	buf_init(&pem, TEXT_MAX);
	error = private_key_to_pem(key, &pem);
	if (!error)
		error = new_key_record(crypto, key, record);
	demo_path(p, k->file, path);
	code = error ? ui_failed(ui, NOWHERE, error) : file_write(ui, path, buf_str(&pem), 0600, false);
	if (pem.p)
		crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	private_key_free(key);
	return code;
}

static void put_name(struct json *j, const char *name, const char *type, struct str value)
{
	json_key(j, name);
	json_object_begin(j);
	json_key(j, type);
	json_array_begin(j);
	json_str(j, value);
	json_array_end(j);
	json_object_end(j);
}

static void put_records(struct buf *out, const struct buf *key_records)
{
	struct json j = json_to(out);
	char name[64];

	json_object_begin(&j);
	put_name(&j, DEMO_DOMAIN, "TXT", STR("v=spf1 ip4:" DEMO_SERVER_IP " -all"));
	put_name(&j, "_dmarc." DEMO_DOMAIN, "TXT", STR("v=DMARC1; p=reject"));
	put_name(&j, "out." DEMO_DOMAIN, "A", STR(DEMO_SERVER_IP));
	for (size_t i = 0; i < KEYS; i++) {
		snprintf(name, sizeof name, "%s._domainkey." DEMO_DOMAIN, keys[i].selector);
		put_name(&j, name, "TXT", buf_str(&key_records[i]));
	}
	json_object_end(&j);
	buf_put_char(out, '\n');
}

static enum exit_code make_keys(struct ui *ui, const struct demo_place *p)
{
	struct crypto *crypto;
	struct buf records[KEYS], dns;
	enum exit_code code = EXIT_FINE;
	int error = crypto_new(&crypto);

	if (error)
		return ui_failed(ui, NOWHERE, error);
	buf_init(&dns, TEXT_MAX);
	for (size_t i = 0; i < KEYS; i++)
		buf_init(&records[i], TEXT_MAX);
	for (size_t i = 0; i < KEYS && code == EXIT_FINE; i++)
		code = keep_key(ui, p, crypto, &keys[i], &records[i]);
	if (code == EXIT_FINE) {
		put_records(&dns, records);
		code = buf_error(&dns) ? ui_failed(ui, NOWHERE, buf_error(&dns))
		                       : demo_place_write(ui, p, "dns.json", buf_str(&dns));
	}
	for (size_t i = 0; i < KEYS; i++)
		buf_release(&records[i]);
	buf_release(&dns);
	crypto_free(crypto);
	return code;
}

/* ---- the configuration ---- */

/* A text of YAML as JSON writes it. */
static void put_quoted(struct buf *out, const char *before, const char *name, const char *folder)
{
	struct json j = json_to(out);
	char text[DEMO_PATH_MAX + 16];

	snprintf(text, sizeof text, "%s%s/%s", before, folder, name);
	json_str(&j, str_c(text));
}

static enum exit_code write_configuration(struct ui *ui, struct demo_place *p)
{
	struct buf *out = &p->configuration;

	if (geteuid() == 0)
		buf_put_c(out, "user: " SERVICE_USER "\n");
	buf_put_c(out, "authserv_id: mx.example.com\nmilter:\n  listen: ");
	put_quoted(out, "unix:", "milter.sock", p->folder);
	buf_printf(out, "\nstatus:\n  listen: inet:127.0.0.1:%u\n", p->port);
	buf_put_c(out, "dns:\n  snapshot: dns.json\n"
	               "store:\n  path: store/inkan.db\n"
	               "sign:\n  - domain: " DEMO_DOMAIN "\n    keys:\n");
	for (size_t i = 0; i < KEYS; i++)
		buf_printf(out, "      - {selector: %s, file: %s}\n", keys[i].selector, keys[i].file);
	return buf_error(out) ? ui_failed(ui, NOWHERE, buf_error(out))
	                      : demo_place_write(ui, p, "inkan.yaml", buf_str(out));
}

enum exit_code demo_place_make(struct ui *ui, struct demo_place *out)
{
	*out = (struct demo_place){.folder = "", .status = -1};
	buf_init(&out->configuration, TEXT_MAX);
	enum exit_code code = make_folder(ui, out);

	if (code == EXIT_FINE)
		code = open_status(ui, out);
	if (code == EXIT_FINE)
		code = make_keys(ui, out);
	return code == EXIT_FINE ? write_configuration(ui, out) : code;
}
