package dsn

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// attrs are what may be printed of c: no secret, and of the parameters only known names,
// because a piece of a password that was not quoted can end up among them.
func (c Config) attrs() []slog.Attr {
	var list []slog.Attr
	add := func(key, value string) {
		if value != "" {
			list = append(list, slog.String(key, value))
		}
	}
	var hosts []string
	for _, h := range c.Hosts {
		hosts = append(hosts, h.String())
	}
	id := c.Identity
	add("engine", c.Engine.String())
	add("dialect", string(cmp.Or(c.Dialect, "unknown")))
	add("hosts", strings.Join(hosts, ","))
	add("database", c.Database)
	add("user", c.User)
	add("password", c.Password.String())
	add("tls", c.TLS.String())
	add("server_name", c.ServerName)
	add("root_cert_file", path(c.RootCertFile))
	add("client_cert_file", path(c.ClientCertFile))
	add("client_key_file", path(c.ClientKeyFile))
	add("authentication", id.Method.String())
	add("client_id", id.ClientID)
	add("tenant_id", id.TenantID)
	add("object_id", id.ObjectID)
	add("resource_id", id.ResourceID)
	add("client_secret", id.ClientSecret.String())
	add("client_certificate_path", path(id.ClientCertificatePath))
	add("client_certificate_password", id.ClientCertificatePassword.String())
	add("params", c.paramNames())
	add("warnings", strings.Join(c.Warnings, "; "))
	return list
}

// path returns s unless it is, by mistake, what the file should hold.
func path(s string) string {
	if strings.Contains(s, "-----BEGIN") {
		return "***"
	}
	return s
}

func (c Config) paramNames() string {
	var names []string
	rules := cmp.Or(engines[c.Engine], &engineRules{})
	for name := range c.Params {
		if rules.parameters[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if n := len(c.Params) - len(names); n > 0 {
		names = append(names, strconv.Itoa(n)+" more")
	}
	return strings.Join(names, ",")
}

// String returns one line for people, without secrets and the values of Params.
func (c Config) String() string {
	var b strings.Builder
	for i, a := range c.attrs() {
		if i > 0 {
			b.WriteByte(' ')
		}
		value := a.Value.String()
		if strings.ContainsAny(value, blanks+`"`) || value == "" {
			value = strconv.Quote(value)
		}
		b.WriteString(a.Key + "=" + value)
	}
	return b.String()
}

// Format writes String's result for every verb and flag.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue implements [slog.LogValuer] with what String shows.
func (c Config) LogValue() slog.Value { return slog.GroupValue(c.attrs()...) }

// MarshalJSON writes an object with what String shows. It is for logs: a Config
// cannot be read back from it.
func (c Config) MarshalJSON() ([]byte, error) {
	object := make(map[string]string)
	for _, a := range c.attrs() {
		object[a.Key] = a.Value.String()
	}
	return json.Marshal(object)
}
