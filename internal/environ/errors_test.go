package environ

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

func TestSetupErrorText(t *testing.T) {
	cause := errors.New("is not set")
	assert.EqualError(t, &passwordless.SetupError{Err: cause}, "connector: is not set")
	assert.EqualError(t, &passwordless.SetupError{Variable: "A", Err: cause}, "connector: A: is not set")
	assert.EqualError(t, &passwordless.SetupError{Variable: "A", Anchor: "x", Err: cause},
		"connector: A: is not set (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#x)")
}

func TestSetupErrorOfAStringHasOnePrefix(t *testing.T) {
	_, parse := dsn.Parse(dsn.PostgreSQL, "host=h port=x")
	assert.ErrorContains(t, parse, "dsn: port: ")
	assert.EqualError(t, &passwordless.SetupError{Variable: "A", Err: parse}, "connector: A: "+strings.TrimPrefix(parse.Error(), "dsn: "))
	assert.EqualError(t, &passwordless.SetupError{Err: errors.New("dsn: x")}, "connector: dsn: x", "only a parse error's own")
}

func TestSetupErrorUnwraps(t *testing.T) {
	_, err := Find(dsn.PostgreSQL, "host=h port=x", environOf())
	var parse *dsn.ParseError
	assert.ErrorAs(t, err, &parse)
}

func TestDiscoverUnknownEngine(t *testing.T) {
	_, err := Find(dsn.Engine(9), "", environOf())
	assert.EqualError(t, err, "connector: unknown engine is not supported")
}
