/*
 * MariaDB authentication plugin for tests: asks the client for its password in
 * clear text and has it checked by whoever listens on the UNIX socket that the
 * account names (IDENTIFIED VIA entra_token AS '/path/of/socket').
 *
 * The question is the user name, a newline and the password, the answer "1" for
 * a login that is allowed. The structures are those of MariaDB's plugin interface
 * (include/mysql/plugin.h 1.15, plugin_auth.h 2.2), as far as they are used; servers
 * older than the interface refuse to load the plugin.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct vio {
	int (*read_packet)(struct vio *, unsigned char **packet);
};

struct login {
	const char *user;
	unsigned int user_length;
	const char *auth_string; /* what stands after AS */
	unsigned long auth_string_length;
	char authenticated_as[513];
	char external_user[513];
	int password_used; /* 1: the refusal says "using password: YES" */
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

/* The server ignores SIGPIPE. */
static int allowed(const struct login *login, const unsigned char *password, size_t length)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int answer = 0, fd = socket(AF_UNIX, SOCK_STREAM, 0);
	FILE *validator = fd < 0 ? NULL : fdopen(fd, "r+");

	if (!validator) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	if (login->auth_string_length < sizeof address.sun_path) {
		memcpy(address.sun_path, login->auth_string, login->auth_string_length);
		if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		    fwrite(login->user, 1, login->user_length, validator) == login->user_length &&
		    fputc('\n', validator) == '\n' && fwrite(password, 1, length, validator) == length &&
		    fflush(validator) == 0 && shutdown(fd, SHUT_WR) == 0)
			answer = fgetc(validator);
	}
	fclose(validator);
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
