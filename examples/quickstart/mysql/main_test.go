package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/examples/internal/quickstart/quickstarttest"
	"github.com/azuredb/passwordless/lab/mysql"
)

func TestQuickstartOnMariaDB(t *testing.T) {
	mysql.Require(t)
	assert.Contains(t, quickstarttest.Output(t, program, "aad_orders@%"), "database engine: MariaDB ")
}

func TestQuickstartOnTheEmbeddedMySQL(t *testing.T) {
	t.Setenv("PASSWORDLESS_LAB_MARIADB", "off")
	assert.Contains(t, quickstarttest.Output(t, program, "aad_orders@%"), "database engine: go-mysql-server ")
}
