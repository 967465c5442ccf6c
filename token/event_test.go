package token_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/token"
)

func TestEventKindString(t *testing.T) {
	assert.Equal(t, "fetched", token.Fetched.String())
	assert.Equal(t, "recovered", token.Recovered.String())
	assert.Equal(t, "EventKind(0)", token.EventKind(0).String())
	assert.Equal(t, "EventKind(99)", token.EventKind(99).String())
}
