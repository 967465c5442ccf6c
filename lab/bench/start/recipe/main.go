// Command recipe reads one row with pgx and azidentity, as one would write it by hand, with all that matters: the identity by
// its client ID, a token for each connection, and a server that is verified in full.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

func main() {
	credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ID: azidentity.ClientID(os.Getenv("AZURE_POSTGRESQL_CLIENTID")),
	})
	if err != nil {
		log.Fatal(err)
	}
	config, err := pgx.ParseConfig(os.Getenv("RECIPE_CONNECTION")) // with sslmode=verify-full
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(stdlib.GetConnector(*config, stdlib.OptionBeforeConnect(func(ctx context.Context, c *pgx.ConnConfig) error {
		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://ossrdbms-aad.database.windows.net/.default"}})
		c.Password = token.Token
		return err
	})))
	var one int
	if err := db.QueryRow("select $1::int", 1).Scan(&one); err != nil {
		log.Fatal(err)
	}
	fmt.Println(one)
}
