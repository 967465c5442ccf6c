// Package environ finds the connection that variables of the environment describe: as
// Service Connector, App Service and Spring write them.
package environ

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// Found is a connection as the environment or the caller describes it.
type Found struct {
	Config     dsn.Config // with the identity variables of the connection merged in
	Connection string     // "" for the default connection, else its name in upper case
	Source     string     // for people: "variable AZURE_POSTGRESQL_CONNECTIONSTRING"
	Variables  []string   // names of the variables used, sorted, as they are spelled
	Warnings   []string   // those of config, then discovery's own
	Ambient    Ambient
	Partial    bool // with an error: what tells the identity could not be read in full
}

// Find finds the connection that s asks for, in the order that the documentation of package passwordless has.
// It reads no files and sends nothing. Every error is a *SetupError, which names variables and never quotes a
// value or s; what could be read is returned with it.
func Find(engine dsn.Engine, s string, env Vars) (Found, error) {
	n, ok := namings[engine]
	if !ok {
		return Found{}, &passwordless.SetupError{Err: fmt.Errorf("%s is not supported", engine)}
	}
	d := &discovery{engine: engine, naming: n, env: env, all: n.catalogue(env)}
	var err error
	ref := parseReference(s)
	switch ref.kind {
	case referenceDefault:
		err = d.readDefault()
	case referenceConnection:
		err = d.readNamed(ref.text)
	case referenceVariable:
		err = d.readVariable(ref.text)
	case referenceLiteral:
		err = d.readLiteral(ref.text)
	}
	if err == nil {
		err = d.check()
		d.readAmbient()
	}
	if err != nil && d.found.Source == "" && (ref.kind != referenceDefault || len(d.all) > 0) {
		d.found.Partial = true // there are settings, but not these
	}
	slices.Sort(d.found.Variables)
	d.found.Warnings = slices.Concat(d.found.Config.Warnings, d.found.Warnings)
	return d.found, err
}

// discovery is the work of one call of [Find].
type discovery struct {
	engine dsn.Engine
	naming naming
	env    Vars
	all    []*connection
	found  Found
	main   string // the variable that says where to connect; "" if the caller says it

	connector bool       // the connection is one of Service Connector's
	word      dsn.Method // the authentication method in the connection string
}

func (d *discovery) markUsed(v variable, r role) error {
	if !slices.Contains(d.found.Variables, v.name) {
		d.found.Variables = append(d.found.Variables, v.name)
		if duplicates := d.env.duplicates(v); len(duplicates) > 0 {
			d.warn("%s is also set as %s, with another value: %[1]s is used", v.name, strings.Join(duplicates, ", "))
		}
	}
	if err := CheckResolved(v.value); err != nil {
		d.found.Partial = d.found.Partial || r == roleString || r == roleUser && d.engine == dsn.SQLServer || r.isIdentity() && !r.isSecret()
		return &passwordless.SetupError{Variable: v.name, Anchor: "unresolved-reference", Err: err}
	}
	return nil
}

// parse reads a connection string, that of a variable unless the caller gave it.
func (d *discovery) parse(text, variable string) (err error) {
	if d.found.Config, err = dsn.Parse(d.engine, text); err != nil {
		d.found.Partial = true
		return &passwordless.SetupError{Variable: variable, Err: err}
	}
	d.word = d.found.Config.Identity.Method
	return nil
}

func (d *discovery) warn(format string, args ...any) {
	d.found.Warnings = append(d.found.Warnings, fmt.Sprintf(format, args...))
}

func (d *discovery) readDefault() error {
	d.connector = true
	unnamed := d.named("")
	if done, err := d.read(unnamed); done || err != nil {
		return err
	}
	if done, err := d.readSpring(); done || err != nil {
		return err
	}
	if len(unnamed) > 0 {
		return d.errNoHost(unnamed[0])
	}
	switch names := d.names(); len(names) {
	case 0:
		return d.errNothing()
	case 1:
		_, err := d.read(d.named(names[0]))
		return err
	default:
		return subject{"", "several-connections"}.errorf("there are settings for the connections %s and none for the default one: name one, as in %s",
			strings.Join(names, ", "), d.openCall(names[0]))
	}
}

// readNamed reads the connection that connection:NAME asks for. A period in the name also stands for an
// underscore: App Service on Linux replaces periods in the names of settings. The period wins.
func (d *discovery) readNamed(asked string) error {
	d.connector = true
	name := strings.ToUpper(asked)
	for _, candidate := range []string{name, strings.ReplaceAll(name, ".", "_")} {
		conns := d.named(candidate)
		if done, err := d.read(conns); done || err != nil {
			return err
		}
		if len(conns) > 0 {
			return d.errNoHost(conns[0])
		}
	}
	text := "there are no settings for any named connection"
	if names := d.names(); len(names) > 0 {
		text = "the named connections are " + strings.Join(names, ", ")
	}
	return subject{"", noSettings}.errorf("no settings for connection %s: %s%s", asked, text, d.inStore())
}

// named returns the connections with that name, one for each prefix at most.
func (d *discovery) named(name string) []*connection {
	return slices.DeleteFunc(slices.Clone(d.all), func(c *connection) bool { return c.name != name })
}

func (d *discovery) names() (out []string) {
	for _, c := range d.all {
		if c.name != "" && c.complete() && !slices.Contains(out, c.name) {
			out = append(out, c.name)
		}
	}
	return out
}

// read reads the settings of the connection that has conns' name. It reports false if they do not say where
// to connect.
func (d *discovery) read(conns []*connection) (bool, error) {
	var best *connection
	var text setting
	for _, c := range conns {
		if all := c.of(roleString); len(all) > 0 && (best == nil || all[0].rank < text.rank) {
			best, text = c, all[0]
		}
	}
	if best != nil {
		d.warnUnused(best, text)
		return true, d.readString(best, text)
	}
	for _, c := range conns {
		if c.has(roleHost) {
			return true, d.readSplit(c)
		}
	}
	return false, nil
}

// warnUnused says which variables do not count because text is a whole connection string.
func (d *discovery) warnUnused(c *connection, text setting) {
	var names []string
	for _, s := range c.settings {
		if !s.role.isIdentity() && s.folded != text.folded && s.value != text.value {
			names = append(names, s.name)
		}
	}
	if len(names) > 0 {
		d.warn("%s is used: %s do not count", text.name, strings.Join(names, ", "))
	}
}

func (d *discovery) readString(c *connection, text setting) error {
	d.found.Connection = c.name
	if err := d.load(text.variable); err != nil {
		return err
	}
	return d.mergeIdentity(c)
}

// load reads the connection string in v.
func (d *discovery) load(v variable) error {
	d.main, d.found.Source = v.name, "variable "+v.name
	if err := d.markUsed(v, roleString); err != nil {
		return err
	}
	return d.parse(v.value, v.name)
}
