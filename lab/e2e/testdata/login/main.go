// Command login DRIVER QUERY logs in with the variables of its environment, and prints the user that the query
// returns. Tests build it where they need a process that has read its environment only once.
package main

import (
	"database/sql"
	"fmt"
	"log"
	"os"

	_ "github.com/azuredb/passwordless/mysql"
	_ "github.com/azuredb/passwordless/postgres"
	_ "github.com/azuredb/passwordless/sqlserver"
)

func main() {
	db, err := sql.Open(os.Args[1], "")
	if err != nil {
		log.Fatal(err)
	}
	var user string
	if err := db.QueryRow(os.Args[2]).Scan(&user); err != nil {
		log.Fatal(err)
	}
	if err := db.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("logged in as", user)
}
