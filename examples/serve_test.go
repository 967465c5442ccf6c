package examples_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// services are the examples that serve HTTP.
var services = map[string]func(*testing.T, *surroundings){"webapp": tryWebapp, "functions": tryFunctions, "otel": tryOTel}

var listening = regexp.MustCompile(`listening.* address=\S*:(\d+)`)

// serve starts an example that serves HTTP, and returns where.
func (s *surroundings) serve(t *testing.T, port, example string, args ...string) string {
	t.Helper()
	c := s.command(t, example, args...)
	c.Env = append(c.Env, port+"=0")
	found, _ := startBackground(t, c, listening)
	return "http://127.0.0.1:" + found[1]
}

// body is what a request gets, which must have the status.
func body(t *testing.T, status int, response *http.Response, err error) string {
	t.Helper()
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, status, response.StatusCode, "%s", text)
	return string(text)
}

func tryWebapp(t *testing.T, s *surroundings) {
	for _, engine := range engines {
		t.Run("-db "+engine, func(t *testing.T) { tryShop(t, s, engine) })
	}
}

func tryShop(t *testing.T, s *surroundings, engine string) {
	at := s.serve(t, "PORT", "webapp", "-db", engine)
	get := func(path string) string {
		response, err := http.Get(at + path)
		return body(t, http.StatusOK, response, err)
	}
	order := func(status int, product, customer string) string {
		response, err := http.PostForm(at+"/orders", url.Values{"product": {product}, "customer": {customer}})
		return body(t, status, response, err)
	}
	assert.Equal(t, "ok\n", get("/healthz"))
	assert.Equal(t, "ok\n", get("/readyz"))
	assert.Contains(t, get("/orders"), "No order yet")
	assert.Contains(t, get("/"), `<td>Teapot</td><td class="number" data-label="Price">24.50 €</td><td class="number" data-label="In stock">12</td>`)
	for range 3 {
		assert.Contains(t, order(http.StatusOK, "3", "Zoë <b>"), "<td>Cup</td><td>Zoë &lt;b&gt;</td>") // it leads to the orders
	}
	assert.Contains(t, order(http.StatusConflict, "3", "Zoë"), "sold out")
	assert.Contains(t, get("/"), "sold out")
	order(http.StatusBadRequest, "3", " ")
	metrics := get("/metrics")
	assert.Regexp(t, `\npasswordless_token_request_duration_seconds_count\{.*passwordless_outcome="ok".*\} 1\n`, metrics)
	assert.Regexp(t, `\npasswordless_login_duration_seconds_count\{.*passwordless_outcome="ok".*\} [1-9]`, metrics)
	assert.Contains(t, metrics, `db_client_connection_count{db_client_connection_pool_name="shop"`)
}

func tryFunctions(t *testing.T, s *surroundings) {
	at := s.serve(t, "FUNCTIONS_CUSTOMHANDLER_PORT", "functions")
	post := func(status int, path, text string) string {
		response, err := http.Post(at+path, "", strings.NewReader(text))
		return body(t, status, response, err)
	}
	assert.Equal(t, "1 orders\n", post(http.StatusOK, "/api/orders", "tea"))
	assert.Equal(t, "2 orders\n", post(http.StatusOK, "/api/orders", "cups"))
	post(http.StatusBadRequest, "/api/orders", "")
	assert.JSONEq(t, `{"Outputs": {}, "Logs": ["2 orders removed"]}`, post(http.StatusOK, "/cleanup", `{"Data": {}, "Metadata": {}}`))
}

func tryOTel(t *testing.T, s *surroundings) {
	for _, engine := range engines {
		t.Run("-db "+engine, func(t *testing.T) {
			at := s.serve(t, "PORT", "otel", "-db", engine)
			get := func(path string) string {
				response, err := http.Get(at + path)
				return body(t, http.StatusOK, response, err)
			}
			assert.Equal(t, "queried, error: <nil>\n", get("/query"))
			metrics := get("/metrics")
			for _, line := range []string{
				`passwordless_login_duration_seconds_count{db_system_name="[a-z_.]+",.*passwordless_outcome="ok".*} [12]`,
				`passwordless_token_request_duration_seconds_count{.*} 1`,
				`db_client_connection_count{db_client_connection_pool_name="shop",db_client_connection_state="idle",.*} 1`,
				`db_client_operation_duration_seconds_count{db_operation_name="sql[.](conn|stmt)[.]exec",otel_scope_name="github.com/XSAM/otelsql",.*} 1`,
			} {
				assert.Regexp(t, "(?m)^"+line+"$", metrics)
			}
			if engine == "postgres" {
				assert.Regexp(t, `(?m)^db_client_operation_duration_seconds_count{.*otel_scope_name="github.com/exaring/otelpgx",.*pgx_operation_type="query".*} 1$`, metrics)
				assert.Regexp(t, `(?m)^db_client_connection_count{db_client_connection_pool_name="jobs",.*} 1$`, metrics)
			}
		})
	}
}
