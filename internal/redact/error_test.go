package redact_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"

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
