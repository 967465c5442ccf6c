package passwordless

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestAServersEchoIsScrubbed(t *testing.T) {
	err := &LoginError{Engine: dsn.PostgreSQL, Host: "h:5432", Err: errors.New("FATAL: no user with password " + connectortest.CanaryToken)}
	assert.Equal(t, "postgresql: login to h:5432: FATAL: no user with password ***", err.Error())
}
