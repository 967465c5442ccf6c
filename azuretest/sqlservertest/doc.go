// Package sqlservertest is a login front end for SQL Server and Azure SQL Database: it
// speaks TDS 7.4 and 8.0, requires TLS, takes a token at once or says first where to
// get one, and checks it. It follows the protocol's specification (MS-TDS) and what
// go-mssqldb expects, and has been tried neither with another driver nor in front of
// a SQL Server.
//
// A whole test of an app, with package sqlserver imported for its driver:
//
//	func TestApp(t *testing.T) {
//		cloud := azuretest.New(t)
//		app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
//		server := sqlservertest.New(t, cloud, nil)
//		azuretest.Setenv(t, server.Environ(app)...)
//
//		db, err := sql.Open("azure-sqlserver", "") // or whatever the app does
//		require.NoError(t, err)
//		defer db.Close()
//		require.NoError(t, db.Ping())
//		require.Equal(t, "app", server.Logins()[0].User)
//	}
//
// Package azuretest is the manual. What happens after the login is in [azuretest.ServerOptions]:
// a Query answers statements in Go, a Backend is an ordinary server, and without either
// every statement succeeds with no rows.
package sqlservertest
