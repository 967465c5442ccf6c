package passwordless

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/redact"
)

// quoting is a driver's error by value, whose fields fmt and encoding/json would print.
type quoting struct{ Message string }

func (q quoting) Error() string { return q.Message }

func TestNoPrinterShowsWhatAServerQuoted(t *testing.T) {
	const canary = "canary-canary-canary"
	raw := quoting{"no login with " + canary}
	info := ErrorInfo{Engine: dsn.MySQL, Host: "h:3306", Err: redact.NewError("h:3306", raw, raw.Error(), canary, true)}
	own := info
	own.Err = quoting{"no login with\neyJhbGciOiJub25lIn0.canary"} // as it comes
	setup := &SetupError{Variable: "sslrootcert", Err: own.Err}
	for _, err := range []error{&LoginError{ErrorInfo: info}, &LoginError{ErrorInfo: own}, &TokenError{info}, &TokenError{own},
		&SetupError{Err: errors.New("no login with ***")}} {
		held := struct {
			Err  error
			Errs []error
		}{err, []error{err}}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%t", "%c", "%U", "%d", "%e", "%p"} {
			out := fmt.Sprintf(verb, err) + fmt.Sprintf(verb, held)
			for _, spelling := range []string{"%s", "%x", "%X"} {
				assert.NotContains(t, out, fmt.Sprintf(spelling, "canary"), verb)
			}
		}
		assert.Contains(t, fmt.Sprintf("%t %c %U", err, err, err), "no login with ***")
		text, jsonErr := json.Marshal(held)
		require.NoError(t, jsonErr)
		assert.Contains(t, string(text), `"Err":"no login with ***"`)
		assert.NotContains(t, string(text), "canary")

		var out bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("x", "err", err, "held", held, "pointer", &held, "list", held.Errs)
		}
		assert.Contains(t, out.String(), "no login with ***")
		assert.NotContains(t, out.String(), "canary")
		if valuer, ok := err.(slog.LogValuer); ok {
			assert.Equal(t, err.Error(), valuer.LogValue().String())
		} else {
			assert.IsType(t, setup, err)
		}
	}
	written := &SetupError{Variable: "sslrootcert", Err: quoting{"no such file"}} // never holds what others said
	assert.Equal(t, strings.Repeat(written.Error()+" ", 3), fmt.Sprintf("%t %+v %U ", written, written, written))
	text, err := json.Marshal(setup)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Variable":"sslrootcert","Anchor":"","Err":"no login with ***"}`, string(text))
	text, err = json.Marshal(&LoginError{ErrorInfo: info, Claims: "for x"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"Engine":"mysql","Host":"h:3306","Database":"","User":"","Identity":"","Hint":"","Anchor":"","Retry":false,
		"Err":"no login with ***","Claims":"for x"}`, string(text))
}
