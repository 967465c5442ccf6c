package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/examples/internal/quickstart/quickstarttest"
)

func TestQuickstartOnTheSQLServerStandIn(t *testing.T) {
	assert.Contains(t, quickstarttest.Output(t, program, "aad_orders"), "database engine: SQLite ")
}
