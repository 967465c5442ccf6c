package tests_test

import (
	"database/sql"

	_ "github.com/azuredb/passwordless/mysql"
	_ "github.com/azuredb/passwordless/postgres"
)

// passwordlessOpen is for the field Conn of GORM's configurations.
func passwordlessOpen(driver, s string) *sql.DB {
	db, err := sql.Open(driver, s)
	if err != nil {
		panic(err)
	}
	return db
}
