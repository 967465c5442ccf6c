package passwordless

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/dsn"
)

func TestAServersEchoIsScrubbed(t *testing.T) {
	err := &LoginError{ErrorInfo: ErrorInfo{
		Engine: dsn.PostgreSQL, Host: "h:5432", Err: errors.New("FATAL: no user with password " + "eyJhbGciOiJub25lIn0.eyJvaWQiOiJjYW5hcnkifQ.c2lnbmF0dXJl")}}
	assert.Equal(t, "postgresql: login to h:5432: FATAL: no user with password ***", err.Error())
}
