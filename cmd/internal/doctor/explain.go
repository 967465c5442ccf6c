package doctor

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"

	gomysql "github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
	"github.com/azuredb/passwordless/mysql"
)

// explain completes a step that failed: the cause as the library's own advice has it, the fix and the section.
func (w *walk) explain(err error, s *Step) {
	if _, ok := errors.AsType[*gomysql.MySQLError](err); ok {
		err = mysql.Explain(err) // of the TLS step; a login's is explained
	}
	hint, anchor := "", ""
	cause := err
	if failed, ok := errors.AsType[*passwordless.SetupError](err); ok {
		anchor, cause, w.variable = cmp.Or(failed.Anchor, "settings"), failed.Err, failed.Variable
		if failed.Variable != "" {
			hint = failed.Variable + ": " + failed.Err.Error()
			cause = nil
		}
	} else if failed, ok := errors.AsType[*passwordless.TokenError](err); ok {
		anchor, hint, cause = cmp.Or(failed.Anchor, "identity"), failed.Hint, failed.Err
	} else if failed, ok := errors.AsType[*passwordless.LoginError](err); ok {
		anchor, hint, cause = failed.Anchor, failed.Hint, failed.Err
		if anchor == "" && failed.Temporary() {
			anchor = "server-unavailable"
		}
	} else if _, ok := errors.AsType[clockError](err); ok {
		anchor = "token-expired"
	} else if errors.Is(err, errNoTLS) {
		anchor = "server-without-tls"
	} else if errors.Is(err, errOtherServer) {
		anchor = "wrong-server"
	} else {
		c := advice.Network.Classify(err, true)
		anchor, hint = c.Anchor, c.Hint
	}
	w.refusal = err.Error()
	text := hint
	if cause != nil && !strings.Contains(cause.Error(), hint) {
		text = cause.Error() + ": " + hint
	} else if cause != nil {
		text = cause.Error()
	}
	text = strings.TrimSuffix(ours.Replace(text), ": ")
	s.Cause = redact.Scrub(redact.OneLine(text))
	anchor = cmp.Or(anchor, "the-server-refuses-the-login")
	s.Section = advice.Guide + anchor
	s.Fix = append(s.Fix, w.fix(anchor, "")...)
}

// ours takes off what texts have of the packages that they are from.
var ours = strings.NewReplacer("token: passwordless: ", "", "passwordless: ", "", "dsn: ", "")

// groups are those of the Azure CLI's commands that are for one kind of host, and the variables that tell the kind.
var groups = map[string]string{"webapp": "WEBSITE_SITE_NAME", "containerapp": "CONTAINER_APP_NAME", "vm": ""}

// forThisHost leaves out the commands for other kinds of hosts, if this one's is known.
func forThisHost(lines []string, get func(string) string) []string {
	here := ""
	for group, variable := range groups {
		if variable != "" && get(variable) != "" {
			here = group
		}
	}
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		words := strings.Fields(line)
		_, ofHost := groups[words[min(1, len(words)-1)]]
		return here != "" && ofHost && words[1] != here
	})
}

func isOnThisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasPrefix(host, "/") || err == nil && address.IsLoopback()
}

// withoutAzure leaves out what is done to a server and a host in Azure: this server is the lab's or the user's own.
func withoutAzure(lines []string) []string {
	kept := slices.DeleteFunc(lines, func(line string) bool {
		words := strings.Fields(line)
		isAz := len(words) > 2 && words[0] == "az"
		signsIn := isAz && (words[1] == "account" || words[2] == "signed-in-user")
		return isAz && !signsIn || strings.Contains(line, " page of {server}")
	})
	if len(kept) < len(lines) {
		kept = append(kept, "# the server is on this machine: passwordless-lab has its identities from --identity, and a firewall on its control page")
	}
	return kept
}

// fix returns the lines that mend what a section is about, filled in.
func (w *walk) fix(section, schema string) []string {
	if inFabric := strings.HasSuffix(cloud.NormalizeHost(w.server.Name), ".fabric.microsoft.com"); inFabric && slices.Contains(inDatabase, section) {
		return w.fill([]string{"passwordless grant fabric --principal {user} --type {type} --role writer"}, "")
	}
	return w.fill(fixOf(section, w.engine), schema)
}

// inDatabase are the sections whose fixes are made in the database, which Fabric has no SQL for.
var inDatabase = []string{"no-database-user", "no-database", "permission-denied-after-the-login"}

// fill puts what is known into the lines of a fix.
func (w *walk) fill(lines []string, schema string) []string {
	if len(lines) == 0 {
		return nil
	}
	env := environ.NewVars(w.options.Environ)
	get := func(name string) string { value, _ := env.Get(name); return value }
	filled := forThisHost(lines, get)
	if isOnThisMachine(w.server.Name) {
		filled = withoutAzure(filled)
	}
	replace := strings.NewReplacer(w.values(get, schema)...)
	for i, line := range filled {
		filled[i] = replace.Replace(line)
	}
	return filled
}

// values are the names in fixes, in braces, and what stands for them: what is known, quoted for its place, or what
// the reader has to put there.
func (w *walk) values(get func(string) string, schema string) []string {
	c, id, token := w.plan.Config, w.plan.Identity, w.readClaims()
	resource := cmp.Or(token.Resource, id.ResourceID)
	server := ""
	if _, azure := cloud.SuffixOf(w.server.Name); azure {
		server, _, _ = strings.Cut(w.server.Name, ".")
	}
	user := cmp.Or(w.user, w.status().User, w.userOfToken())
	object, client := guid(cmp.Or(token.Object, id.ObjectID)), guid(cmp.Or(id.ClientID, token.App, token.Client))
	var values []string
	put := func(name, value, missing string) { values = append(values, "{"+name+"}", cmp.Or(value, missing)) }
	put("variable", w.variable, "the variable")
	put("group", cli.ShellQuote(cmp.Or(get("WEBSITE_RESOURCE_GROUP"), partOf(resource, "resourcegroups"))), "'<group>'")
	put("app", cli.ShellQuote(cmp.Or(get("WEBSITE_SITE_NAME"), get("CONTAINER_APP_NAME"))), "'<app>'")
	put("resource", cli.ShellQuote(resource), "'<resource ID>'")
	login := "az login"
	if tenant := guid(w.status().Tenant); tenant != "" {
		login += " --tenant " + tenant
	}
	put("login", login, "")
	put("object", object, "<object ID>")
	put("client", client, "<client ID>")
	put("shell client", client, "'<client ID>'")
	put("shell object", object, "'<object ID>'")
	put("user", cli.ShellQuote(user), "'<user>'")
	put("sql user", text(w.engine, user), "<user>")
	put("name user", name(w.engine, user), "<user>")
	put("name database", name(w.engine, c.Database), "<database>")
	put("name schema", name(w.engine, schema), "<schema>")
	put("host", cli.ShellQuote(w.server.Name), "'<host>'")
	put("port", portOf(w.server), "<port>")
	put("server", cli.ShellQuote(server), "'<server>'")
	put("engine", w.engine.String(), "")
	put("prefix", prefixes[w.engine], "")
	put("starttls", map[dsn.Engine]string{dsn.PostgreSQL: "postgres", dsn.MySQL: "mysql"}[w.engine], "")
	put("address", w.refusedAddress(), "<this machine's public address>")
	put("shell address", w.refusedAddress(), "'<public address>'")
	kind, identified := "service", " IDENTIFIED BY '"+cmp.Or(client, "<client ID>")+"'"
	if w.isPerson(token) {
		kind, identified = "user", ""
	}
	put("type", kind, "")
	put("identified", identified, "")
	put("grant", w.grant(user, object, client, kind, schema), "")
	return values
}

// isPerson reports whether the identity is a person rather than an application or managed identity.
func (w *walk) isPerson(token tokenClaims) bool {
	if w.token == "" {
		return identity.IsDeveloperTool(w.plan.Identity.Kind)
	}
	return token.Person != "" || token.Delegated != ""
}

// grant is the command that prints the SQL which makes the user, and gives it what an application needs.
func (w *walk) grant(user, object, client, kind, schema string) string {
	words := []string{"passwordless grant", w.engine.String(), "--principal", cmp.Or(cli.ShellQuote(user), "'<user>'")}
	put := func(flag, value string) {
		if value != "" {
			words = append(words, flag, cli.ShellQuote(value))
		}
	}
	switch {
	case w.engine != dsn.MySQL:
		put("--object-id", object)
	case kind == "service":
		put("--client-id", client)
	}
	put("--type", kind)
	put("--role", "writer")
	put("--database", w.plan.Config.Database)
	put("--schema", schema)
	return strings.Join(words, " ")
}
