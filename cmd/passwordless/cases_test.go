package main

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/cmd/internal/cli"
)

var engines = []string{"postgresql", "mysql", "sqlserver"}

// documented is a row of connector's files of shapes: an environment as Service
// Connector writes it, and what is to be read from it.
type documented struct {
	Name string
	Env  map[string]string
	Want map[string]any
}

func documentedCases(t *testing.T, engine string) []documented {
	t.Helper()
	text, err := os.ReadFile("../../connector/testdata/cases_" + engine + ".json")
	require.NoError(t, err)
	var rows []documented
	require.NoError(t, json.Unmarshal(text, &rows))
	require.Greater(t, len(rows), 40)
	return rows
}

func (d documented) environ() []string {
	var lines []string
	for name, value := range d.Env {
		lines = append(lines, name+"="+value)
	}
	slices.Sort(lines)
	return lines
}

// secrets are the values that must not be printed.
func (d documented) secrets() []string {
	var list []string
	for _, key := range []string{"password", "client_secret"} {
		if s, ok := d.Want[key].(string); ok {
			list = append(list, s)
		}
	}
	for name, value := range d.Env {
		if strings.HasSuffix(name, "PASSWORD") || strings.HasSuffix(name, "CLIENTSECRET") {
			list = append(list, value)
		}
		if strings.HasPrefix(value, "@Microsoft") {
			list = append(list, "myvault")
		}
	}
	return list
}

// output is what one call of the command printed.
type output struct {
	stdout, stderr string
	code           int
}

// call runs the command in this process.
func call(environ []string, args ...string) output {
	var stdout, stderr strings.Builder
	code := run(args, environ, &stdout, &stderr)
	return output{stdout.String(), stderr.String(), code}
}

// onAppService makes this process look like one on App Service, without tools.
func onAppService(t *testing.T) {
	t.Helper()
	offAzure(t)
	t.Setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/")
	t.Setenv("IDENTITY_HEADER", "h3ader-c4nary")
}

// offAzure removes what tells a host in Azure, and the tools, and returns the
// directory on PATH.
func offAzure(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOST_SYS", t.TempDir())
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	return bin
}

func TestDocumentedCases(t *testing.T) {
	onAppService(t)
	for _, engine := range engines {
		for _, d := range documentedCases(t, engine) {
			t.Run(d.Name, func(t *testing.T) {
				d.checkJSON(t, call(d.environ(), "inspect", engine, "--json"))
				d.checkPlain(t, call(d.environ(), "inspect", engine))
			})
		}
	}
}

// checkJSON compares every key of want.
func (d documented) checkJSON(t *testing.T, out output) {
	t.Helper()
	d.checkSecrecy(t, out)
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(out.stdout), &got))
	assert.Empty(t, out.stderr)
	for key, want := range d.Want {
		switch key {
		case "password", "client_secret":
			want = "***"
		case "user": // the form that single servers wanted is not sent
			if flexible, ok := d.Want["user_flexible"]; ok {
				want = flexible
			}
		case "user_flexible":
			continue
		case "id_kind":
			assert.NotEmpty(t, got[key])
			continue
		case "error":
			assert.Contains(t, got[key], want)
			continue
		}
		assert.Equal(t, want, got[key], key)
	}
	for _, key := range []string{"password", "client_secret"} {
		if _, wanted := d.Want[key]; !wanted {
			assert.NotContains(t, got, key)
		}
	}
	for _, key := range []string{"cloud", "scope", "authority", "identity", "why"} {
		assert.NotEmpty(t, got[key], key)
	}
	for _, key := range []string{"variables", "hosts", "server_names", "developer", "trust", "warnings"} {
		assert.IsType(t, []any{}, got[key], key)
	}
	_, failed := d.Want["error"]
	assert.Equal(t, map[bool]int{false: cli.OK, true: cli.Failed}[failed], out.code)
	if !failed {
		assert.Equal(t, "", got["error"])
		assert.NotEmpty(t, got["variables"])
	}
	for _, name := range got["variables"].([]any) {
		_, exact := d.Env[name.(string)]
		_, blank := d.Env[name.(string)+" "]
		assert.True(t, exact || blank, "%s is none of the variables", name)
	}
}

func (d documented) checkPlain(t *testing.T, out output) {
	t.Helper()
	d.checkSecrecy(t, out)
	assert.Regexp(t, `(?m)^identity +\S`, out.stdout)
	assert.Regexp(t, `(?m)^why +[A-Za-z][^:]*: \S`, out.stdout)
	assert.Regexp(t, `(?m)^cloud +Azure`, out.stdout)
	assert.Regexp(t, `(?m)^scope +https://`, out.stdout)
	if d.Want["error"] == nil {
		assert.Equal(t, cli.OK, out.code)
		assert.Empty(t, out.stderr)
		assert.Regexp(t, `(?m)^TLS +\S`, out.stdout)
		assert.Regexp(t, `(?m)^trust +\S`, out.stdout)
		return
	}
	assert.Equal(t, cli.Failed, out.code)
	assert.Contains(t, out.stderr, d.Want["error"])
	assert.Equal(t, 1, strings.Count(out.stderr, "\n"))
}

func (d documented) checkSecrecy(t *testing.T, out output) {
	t.Helper()
	for _, secret := range append(d.secrets(), "h3ader-c4nary", "eyJ") {
		assert.NotContains(t, out.stdout+out.stderr, secret)
		assert.NotContains(t, out.stdout+out.stderr, secret[:min(5, len(secret))], "not even its beginning")
	}
}

// The command as it is built, for some of the cases, with endpoints and programs
// that notice if they are asked.
func TestTheBinary(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "passwordless.exe")
	build(t, binary)
	w := newWatch(t)
	for _, engine := range engines {
		rows := documentedCases(t, engine)
		for i := 0; i < len(rows); i += 9 {
			d := rows[i]
			t.Run(d.Name, func(t *testing.T) {
				d.checkJSON(t, w.exec(t, binary, d.environ(), "inspect", "--json", engine))
				d.checkPlain(t, w.exec(t, binary, d.environ(), "inspect", engine))
			})
		}
	}
	out := w.exec(t, binary, nil, "inspect", "oracle")
	assert.Equal(t, cli.Misuse, out.code)
	w.asked(t)
}

func TestSecretsOfEveryKindAreHidden(t *testing.T) {
	onAppService(t)
	const canary = "c4nary-of-mine"
	for _, args := range [][]string{
		{"postgresql", "host=h.postgres.database.azure.com user=u password=" + canary},
		{"postgresql", "host=h.postgres.database.azure.com user=u password=" + canary + " client_id=x"},
		{"postgresql", "host=h.postgres.database.azure.com password='" + canary},
		{"postgresql", "postgres://u:" + canary + "@h:port/db"},
		{"mysql", "env:" + canary + "@tcp(h.mysql.database.azure.com:3306)/db?tls=" + canary},
		{"mysql", "u:" + canary + "@tcp(h.mysql.database.azure.com:3306)/db?" + canary + "=1&loc=" + canary},
		{"sqlserver", "Server=h.database.windows.net;User ID=u;Password=" + canary + ";Authentication=" + canary},
		{"sqlserver", "Server=h.database.windows.net;User ID=11111111-2222-4333-8444-555555555555;Password=" + canary + ";Authentication=ActiveDirectoryServicePrincipal"},
		{"sqlserver", "Server=h.database.windows.net;" + canary + "=" + canary},
		{"sqlserver", "@Microsoft.KeyVault(SecretUri=" + canary + ")"},
		{"Server=h;Password=" + canary},
		{"postgresql", "host=h", canary},
		{"postgresql", "--" + canary},
	} {
		for _, more := range [][]string{nil, {"--json"}} {
			out := call([]string{"AZURE_CLIENT_SECRET=" + canary, "PASSWORDLESS_LOG="}, slices.Concat([]string{"inspect"}, more, args)...)
			assert.NotContains(t, out.stdout+out.stderr, canary, "%v", args)
			assert.NotEmpty(t, cmp.Or(out.stdout, out.stderr))
		}
	}
}
