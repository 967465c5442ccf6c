/*
 * MariaDB authentication plugin for tests: asks the client for its password in
 * clear text and has it checked by whoever listens on the UNIX socket that the
 * account names (IDENTIFIED VIA entra_token AS '/path/of/socket').
 *
 * The question is the user name, a newline and the password, the answer "1" for
 * a login that is allowed. The structures are those of MariaDB's plugin interface
 * (include/mysql/plugin.h 1.15, plugin_auth.h 2.2); servers older than the
 * interface refuse to load the plugin.
 */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct vio {
	int (*read_packet)(struct vio *, unsigned char **packet);
	int (*write_packet)(struct vio *, const unsigned char *packet, int length);
	void (*info)(struct vio *, void *);
};

struct login {
	const char *user;
	unsigned int user_length;
	const char *auth_string; /* what stands after AS */
	unsigned long auth_string_length;
	char authenticated_as[513];
	char external_user[513];
	int password_used; /* 1: the refusal says "using password: YES" */
	const char *host;
	unsigned int host_length;
	void *thread;
};

struct authentication {
	int interface_version;
	const char *client_plugin;
	int (*authenticate)(struct vio *, struct login *);
	void *hash_password, *preprocess_hash;
};

struct plugin {
	int type;
	void *info;
	const char *name, *author, *description;
	int license;
	void *init, *deinit;
	unsigned int version;
	void *status_variables, *system_variables;
	const char *version_text;
	unsigned int maturity;
};

enum { REFUSED = 0, ACCEPTED = -1 };

static int send_all(int to, const void *bytes, size_t length)
{
	const char *next = bytes;
	while (length > 0) {
		ssize_t n = send(to, next, length, MSG_NOSIGNAL);
		if (n <= 0)
			return 0;
		next += n;
		length -= (size_t)n;
	}
	return 1;
}

static int allowed(const struct login *login, const unsigned char *password, size_t length)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char answer = 0;
	int validator;

	if (login->auth_string_length >= sizeof address.sun_path)
		return 0;
	memcpy(address.sun_path, login->auth_string, login->auth_string_length);
	if ((validator = socket(AF_UNIX, SOCK_STREAM, 0)) < 0)
		return 0;
	if (connect(validator, (struct sockaddr *)&address, sizeof address) == 0 &&
	    send_all(validator, login->user, login->user_length) &&
	    send_all(validator, "\n", 1) &&
	    send_all(validator, password, length) &&
	    shutdown(validator, SHUT_WR) == 0 &&
	    read(validator, &answer, 1) != 1)
		answer = 0;
	close(validator);
	return answer == '1';
}

static int authenticate(struct vio *vio, struct login *login)
{
	unsigned char *password;
	int length = vio->read_packet(vio, &password); /* with the final NUL */

	if (length < 1)
		return REFUSED;
	login->password_used = 1;
	return allowed(login, password, (size_t)length - 1) ? ACCEPTED : REFUSED;
}

static struct authentication entra_token = {0x0202, "mysql_clear_password", authenticate, NULL, NULL};

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int _maria_plugin_interface_version_ = 0x010f;
EXPORTED int _maria_sizeof_struct_st_plugin_ = sizeof(struct plugin);
EXPORTED struct plugin _maria_plugin_declarations_[] = {
	{7 /* authentication */, &entra_token, "entra_token", "passwordless", "Checks Microsoft Entra tokens in tests",
	 2 /* BSD: it knows no MIT */, NULL, NULL, 0x0100, NULL, NULL, "1.0", 0},
	{0},
};
