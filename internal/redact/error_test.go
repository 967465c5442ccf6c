package redact_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/redact"
)

// quoting is a driver's error that has kept a secret.
type quoting struct{ Secret string }

func (q quoting) Error() string { return "no login with " + q.Secret }

func TestError(t *testing.T) {
	err := redact.NewError("h:1", quoting{"canary"}, "no login with canary", "canary", true)
	assert.Equal(t, "no login with ***", err.Error())
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s %q", err, err, err, err, err), "canary")
	assert.ErrorAs(t, err, new(quoting))
	assert.Equal(t, "as it is", redact.NewError("h:1", io.EOF, "as it is", "", true).Error())
	assert.Equal(t, "as it is", redact.NewError("h:1", io.EOF, "as it is", "is", false).Error(), "no server knows it")
}

func TestErrorIsOneShortLine(t *testing.T) {
	err := redact.NewError("h:1", io.EOF, "no\x00 login\r\n\tfor\x1b[31m you", "", true)
	assert.Equal(t, "no login for [31m you", err.Error())
	long := redact.NewError("h:1", io.EOF, strings.Repeat("x", 1<<20), "", true)
	assert.Less(t, len(long.Error()), 2100)
}

func TestErrors(t *testing.T) {
	first := redact.NewError("h:1", quoting{"canary"}, "no login with canary", "canary", true)
	second := redact.NewError("i:2", io.EOF, io.EOF.Error(), "canary", true)
	assert.EqualError(t, redact.Errors{first}, "no login with ***")
	both := redact.Errors{first, second}
	assert.EqualError(t, both, "h:1: no login with ***; i:2: EOF")
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", both, both, both), "canary")
	assert.ErrorIs(t, both, io.EOF)
	assert.ErrorAs(t, both, new(quoting))
}

// verbs are all that fmt knows, and some that it does not.
var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%t", "%c", "%U", "%d", "%b", "%o", "%e", "%p", "%T", "%w", "%-80v", "%!"}

func TestErrorsPrintTheirTextForEveryVerb(t *testing.T) {
	one := redact.NewError("h:1", quoting{"canary"}, "no login with canary\n", "canary", true)
	for _, err := range []error{one, redact.Errors{one}, redact.Errors{one, one}} {
		for _, verb := range verbs {
			out := fmt.Sprintf(verb, err) + fmt.Sprintf(verb, []error{err}) + fmt.Sprintf(verb, struct{ Err error }{err})
			assert.NotContains(t, out, "canary", verb)
			assert.NotContains(t, out, fmt.Sprintf("%x", "canary"), verb)
			assert.NotContains(t, out, fmt.Sprintf("%X", "canary"), verb)
		}
		assert.Contains(t, fmt.Sprintf("%t %+v", err, err), "no login with ***")
		text, jsonErr := json.Marshal(map[string]error{"err": err})
		require.NoError(t, jsonErr)
		want, jsonErr := json.Marshal(map[string]string{"err": err.Error()})
		require.NoError(t, jsonErr)
		assert.JSONEq(t, string(want), string(text))
	}
	out := spewed(redact.Errors{one})
	assert.Contains(t, out, "no login with ***")
	assert.NotContains(t, out, "canary")
}

// spewed is testify's diff against nothing: it calls no methods, and follows pointers into fields of any name.
func spewed[T any](v T) string {
	var said recorder
	assert.Equal(&said, *new(T), v)
	return string(said)
}

type recorder string

func (r *recorder) Errorf(format string, args ...any) { *r += recorder(fmt.Sprintf(format, args...)) }
