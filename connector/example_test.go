package connector_test

import (
	"fmt"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// What the library would do with the variables that Service Connector writes for
// client type go and a service principal.
func ExampleOpen() {
	h, err := connector.Open(dsn.PostgreSQL, "", &passwordless.Options{Environ: func() []string {
		return []string{
			"AZURE_POSTGRESQL_CONNECTIONSTRING=host=shop.postgres.database.azure.com dbname=orders sslmode=require user=aad_orders",
			"AZURE_POSTGRESQL_CLIENTID=11111111-2222-4333-8444-555555555555",
			"AZURE_POSTGRESQL_CLIENTSECRET=not-a-real-secret",
			"AZURE_POSTGRESQL_TENANTID=99999999-8888-4777-8666-555555555555",
		}
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = h.Close() }() // never fails
	s := h.Status()
	fmt.Println(s.Hosts[0], s.Database, s.User)
	fmt.Println(s.Identity)
	fmt.Printf("%s: %s\n", s.Rule, s.Why)
	fmt.Println(s.Scope)
	fmt.Println(s.TLS)
	// Output:
	// shop.postgres.database.azure.com:5432 orders aad_orders
	// service principal (client ID 11111111-2222-4333-8444-555555555555)
	// client secret: the connection has a client secret or certificate
	// https://ossrdbms-aad.database.windows.net/.default
	// TLS mode require was raised: the server is verified in full
}
