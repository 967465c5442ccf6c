package mysql

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func connection(params map[string]string) dsn.Config {
	return dsn.Config{
		Engine:   dsn.MySQL,
		Hosts:    []dsn.Host{{Name: "db.example.com", Port: 3306}},
		Database: "or/ders?",
		User:     "aad_orders@x:y",
		Params:   params,
	}
}

func TestParameters(t *testing.T) {
	cfg, err := native(connection(map[string]string{
		"parseTime": "true", "loc": "Europe/Paris", "charset": "utf8mb4,utf8", "collation": "utf8mb4_bin", "timeout": "7s",
		"readTimeout": "8s", "writeTimeout": "9s", "interpolateParams": "false", "maxAllowedPacket": "0", "multiStatements": "1",
		"clientFoundRows": "true", "columnsWithAlias": "true", "rejectReadOnly": "true", "checkConnLiveness": "false",
		"connectionAttributes": "program_name:a b&c/d,x:y", "compress": "true", "timeTruncate": "1ms", "allowNativePasswords": "false",
		"sql_mode": "'ANSI,STRICT_TRANS_TABLES'", "time_zone": "'+00:00'", "@@session.x": "a=b&c/d",
		// what dsn never passes on is ignored here too
		"allowAllFiles": "true", "allowCleartextPasswords": "true", "allowFallbackToPlaintext": "true", "strict": "true", "tls": "skip-verify",
	}))
	require.NoError(t, err)
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	want := mysql.NewConfig()
	want.User, want.DBName, want.Net = "aad_orders@x:y", "or/ders?", "tcp"
	want.ParseTime, want.Loc, want.Collation = true, paris, "utf8mb4_bin"
	want.Timeout, want.ReadTimeout, want.WriteTimeout = 7*time.Second, 8*time.Second, 9*time.Second
	want.MaxAllowedPacket, want.MultiStatements, want.ClientFoundRows, want.ColumnsWithAlias = 0, true, true, true
	want.RejectReadOnly, want.CheckConnLiveness, want.AllowNativePasswords = true, false, false
	want.ConnectionAttributes = "program_name:a b&c/d,x:y"
	want.Params = map[string]string{"sql_mode": "'ANSI,STRICT_TRANS_TABLES'", "time_zone": "'+00:00'", "@@session.x": "a=b&c/d"}
	require.NoError(t, want.Apply(mysql.EnableCompression(true), mysql.TimeTruncate(time.Millisecond)))
	got, wanted := cfg.FormatDSN(), want.FormatDSN()
	assert.Equal(t, strings.Replace(wanted, "&collation", "&charset=utf8mb4,utf8&collation", 1), got)
	assert.False(t, cfg.AllowAllFiles || cfg.AllowCleartextPasswords || cfg.AllowFallbackToPlaintext)
	assert.Nil(t, cfg.TLS)
	assert.Empty(t, cfg.Addr)
}

func TestParameterErrors(t *testing.T) {
	const value = ": go-sql-driver does not take the value of this parameter of the connection (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"
	for name, row := range map[string]struct {
		params map[string]string
		want   string
	}{
		"boolean":         {map[string]string{"parseTime": "canary"}, "passwordless: parseTime" + value},
		"duration":        {map[string]string{"readTimeout": "canary"}, "passwordless: readTimeout" + value},
		"number":          {map[string]string{"maxAllowedPacket": "canary"}, "passwordless: maxAllowedPacket" + value},
		"time zone":       {map[string]string{"loc": "canary"}, "passwordless: loc" + value},
		"public key":      {map[string]string{"serverPubKey": "canary"}, "passwordless: serverPubKey" + value},
		"second one":      {map[string]string{"charset": "utf8mb4&allowAllFiles=true"}, "passwordless: charset" + value},
		"end of the text": {map[string]string{"charset": "utf8mb4/canary?allowAllFiles=true"}, "passwordless: charset" + value},
		"together": {map[string]string{"collation": "gbk_chinese_ci", "interpolateParams": "true"},
			"passwordless: go-sql-driver does not take the parameters of the connection together (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#parameters)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := native(connection(row.params))
			require.EqualError(t, err, row.want)
		})
	}
}

// TestParametersAreComplete reads the driver's own list of parameters, so that
// one that the driver learns later does not go unnoticed.
func TestParametersAreComplete(t *testing.T) {
	file, _ := runtime.FuncForPC(reflect.ValueOf(mysql.ParseDSN).Pointer()).FileLine(0)
	require.Equal(t, "dsn.go", filepath.Base(file))
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	_, parser, ok := strings.Cut(string(source), "func parseDSNParams")
	require.True(t, ok)
	var read []string
	for _, match := range regexp.MustCompile(`(?m)^\t\tcase "(\w+)":`).FindAllStringSubmatch(parser, -1) {
		read = append(read, match[1])
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(parameters)), read)
}

func TestParametersReachTheServer(t *testing.T) {
	b := engine.Bench(t, nil)
	require.NoError(t, drivertest.Connect(t, b.Connector(t, "connectionAttributes=program_name:orders", "sql_mode=%27ANSI%27", "charset=utf8mb4")))
	logins := b.Server.Logins()
	require.Len(t, logins, 1)
	assert.Equal(t, "orders", logins[0].Parameters["program_name"])
	assert.Equal(t, "127.0.0.1", logins[0].Parameters["_server_host"])
}

func FuzzParameterValues(f *testing.F) {
	for _, s := range []string{"", "a", "a b", "a&tls=false", "a/b", "%2", "päß\n", "a=b", "?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for key := range parameters {
			cfg, err := native(connection(map[string]string{key: s}))
			if err != nil {
				continue
			}
			assert.Empty(t, cfg.Params, "%s=%q made another parameter", key, s)
			assert.False(t, cfg.AllowAllFiles || cfg.AllowCleartextPasswords || cfg.AllowFallbackToPlaintext, "%s=%q", key, s)
			if key == "connectionAttributes" {
				assert.Equal(t, s, cfg.ConnectionAttributes)
			}
		}
		cfg, err := native(connection(map[string]string{"session_variable": s}))
		require.NoError(t, err)
		assert.Equal(t, s, cfg.Params["session_variable"])
	})
}
