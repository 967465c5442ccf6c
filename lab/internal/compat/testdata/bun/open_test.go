package dbtest_test

import "database/sql"

// mustOpen is sql.Open where the suite opens bun's own driver.
func mustOpen(driver, s string) *sql.DB {
	db, err := sql.Open(driver, s)
	if err != nil {
		panic(err)
	}
	return db
}
