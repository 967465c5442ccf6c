// Command library reads one row with this library.
package main

import (
	"database/sql"
	"fmt"
	"log"

	_ "github.com/azuredb/passwordless/postgres"
)

func main() {
	db, err := sql.Open("azure-postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	var one int
	if err := db.QueryRow("select $1::int", 1).Scan(&one); err != nil {
		log.Fatal(err)
	}
	fmt.Println(one)
}
