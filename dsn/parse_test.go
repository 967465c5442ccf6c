package dsn

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for _, engine := range corpora {
		names := make(map[string]bool)
		for _, r := range engine.rows {
			t.Run(engine.String()+"/"+r.name, func(t *testing.T) {
				require.False(t, names[r.name], "a row of this name exists")
				names[r.name] = true

				c, err := Parse(engine.Engine, r.in)
				if r.err != "" {
					var parseError *ParseError
					require.ErrorAs(t, err, &parseError)
					require.Equal(t, r.err, err.Error())
					require.Zero(t, c)
					return
				}
				require.NoError(t, err)
				require.Equal(t, r.want, c)
			})
		}
	}
}

func FuzzParse(f *testing.F) {
	for i, engine := range corpora {
		for _, r := range engine.rows {
			f.Add(uint8(i), r.in)
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, s string) {
		engine := corpora[int(n)%len(corpora)].Engine
		checkParse(t, engine, s)
		for _, password := range []string{" password=", ";Password=", "&password="} {
			checkParse(t, engine, s+password+canary)
		}
	})
}

// checkParse checks what must hold for any input.
func checkParse(t *testing.T, engine Engine, s string) {
	t.Helper()
	c, err := Parse(engine, s)
	again, errAgain := Parse(engine, s)
	require.Equal(t, c, again, "not deterministic")
	if err != nil {
		var parseError *ParseError
		require.ErrorAs(t, err, &parseError)
		require.Equal(t, err.Error(), errAgain.Error(), "not deterministic")
		require.GreaterOrEqual(t, parseError.Pos, 0)
		require.LessOrEqual(t, parseError.Pos, len(s))
		requireNoCanary(t, err.Error())
		return
	}
	require.Equal(t, c, c.Clone())
	for _, w := range c.Warnings {
		requireNoCanary(t, w)
	}
	for _, h := range c.Hosts {
		require.NotZero(t, h.Port)
		name, err := hostName(h.Name)
		require.NoError(t, err)
		require.Equal(t, h.Name, name)
	}
	id := c.Identity
	public := fmt.Sprint(c.Hosts, c.Database, c.User, c.ServerName, c.RootCertFile, c.ClientCertFile, c.ClientKeyFile,
		id.ClientID, id.TenantID, id.ObjectID, id.ResourceID, id.ClientCertificatePath)
	if !strings.Contains(strings.ToLower(public), canary) { // the string itself may use it as a name
		requirePrintsNoCanary(t, c)
	}
}

// requirePrintsNoCanary prints c in every way.
func requirePrintsNoCanary(t *testing.T, c Config) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"c": c, "p": &c, "id": c.Identity})
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "c", c, "p", &c, "id", c.Identity)
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "c", c, "p", &c, "id", c.Identity)
	nested := struct{ C Config }{c}
	requireNoCanary(t, string(text), log.String(), c.String(), fmt.Sprint(c, &c),
		fmt.Sprintf("%v %+v %#v %s %q %x %d", c, c, c, c, c, c, c),
		fmt.Sprintf("%+v %#v %+v %#v", nested, nested, &c, c.Identity))
}

func requireNoCanary(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		require.NotContains(t, strings.ToLower(text), canary)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, engine := range corpora {
		for _, r := range engine.rows {
			if r.err != "" {
				continue
			}
			b.Run(engine.String()+"/"+r.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Parse(engine.Engine, r.in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func TestParseErrorsHoldNoPieceOfThePassword(t *testing.T) {
	for _, engine := range corpora {
		for _, r := range engine.rows {
			if r.err == "" {
				continue
			}
			_, err := Parse(engine.Engine, r.in)
			require.Error(t, err)
			for _, piece := range []string{"s3cr3t", "canary", "c@nary"} {
				assert.NotContains(t, err.Error(), piece, r.name)
			}
		}
	}
}

func TestParseWithoutAnEngine(t *testing.T) {
	_, err := Parse(Engine(0), "host=h")
	var parseError *ParseError
	require.ErrorAs(t, err, &parseError)
	require.EqualError(t, err, "dsn: unknown engine: want PostgreSQL, MySQL or SQLServer")
	_, err = FromSettings(Engine(0), []Setting{{"HOST", "h"}})
	require.ErrorAs(t, err, &parseError)
}

func TestConfigPrints(t *testing.T) {
	c, err := Parse(PostgreSQL, "host=h,::1 user=u dbname='my db' password="+canary+
		" sslmode=require application_name=a x.y=1 client_id=c client_secret="+canary)
	require.NoError(t, err)
	want := `engine=postgresql dialect=key/value hosts=h:5432,[::1]:5432 database="my db" user=u password=*** tls=require ` +
		`client_id=c client_secret=*** params="application_name,1 more"`
	assert.Equal(t, want, c.String())
	assert.Equal(t, want, fmt.Sprintf("%+v", c))
	assert.Equal(t, want, fmt.Sprintf("%#v", &c))
	text, err := json.Marshal(c)
	require.NoError(t, err)
	assert.JSONEq(t, `{"engine":"postgresql","dialect":"key/value","hosts":"h:5432,[::1]:5432","database":"my db","user":"u",
		"password":"***","tls":"require","client_id":"c","client_secret":"***","params":"application_name,1 more"}`, string(text))
	requirePrintsNoCanary(t, c)
}

func TestSettingsAndMisplacedKeysPrintNoValue(t *testing.T) {
	setting := Setting{"PASSWORD", canary}
	assert.Equal(t, "PASSWORD=***", fmt.Sprintf("%+v", setting))
	assert.Equal(t, "[PASSWORD=***]", fmt.Sprintf("%+v", []Setting{setting}))
	c, err := Parse(PostgreSQL, "host=h sslkey='-----BEGIN PRIVATE KEY-----"+canary+"'")
	require.NoError(t, err)
	requirePrintsNoCanary(t, c)
}

func TestCloneIsDeep(t *testing.T) {
	c, err := Parse(PostgreSQL, "host=h user=u application_name=a hostaddr=1.2.3.4")
	require.NoError(t, err)
	d := c.Clone()
	d.Hosts[0].Name, d.Params["application_name"], d.Warnings[0] = "x", "x", "x"
	again, err := Parse(PostgreSQL, "host=h user=u application_name=a hostaddr=1.2.3.4")
	require.NoError(t, err)
	require.Equal(t, again, c)
}
