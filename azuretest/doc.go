// Package azuretest lets a program that logs in to Azure databases without a
// password be tested on one machine, offline: it plays the parts of Azure that
// give tokens, and the doors of the databases that take them.
//
// # Testing one's own app
//
// The app below runs as it is, with the variables that Service Connector and
// App Service would set:
//
//	func TestApp(t *testing.T) {
//		cloud := azuretest.New(t, nil)
//		app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
//		server, err := postgrestest.Start(cloud, nil)
//		require.NoError(t, err)
//		ca := filepath.Join(t.TempDir(), "ca.pem")
//		require.NoError(t, cloud.CA().WriteFile(ca))
//		azuretest.Setenv(t, cloud.AppServiceEnviron()...)
//		azuretest.Setenv(t,
//			fmt.Sprintf("AZURE_POSTGRESQL_CONNECTIONSTRING=host=%s port=%d dbname=app user=app sslmode=require", server.Host(), server.Port()),
//			"AZURE_POSTGRESQL_CLIENTID="+app.ClientID,
//			"PASSWORDLESS_TRUSTED_HOSTS="+server.Host(),
//			"PASSWORDLESS_CA_FILE="+ca)
//		db, err := sql.Open("azure-postgres", "") // or whatever the app does
//		require.NoError(t, err)
//		require.NoError(t, db.Ping())
//		require.Equal(t, 1, cloud.TokenRequests())
//	}
//
// # The identity cloud
//
// A [Cloud] answers on 127.0.0.1, and real clients, azidentity among them, run
// against it:
//
//   - the identity endpoint of App Service, Functions and Container Apps:
//     [Cloud.AppServiceEnviron];
//   - IMDS, the endpoint of virtual machines at 169.254.169.254, by
//     [Cloud.Transport], which never leaves loopback;
//   - an Entra authority with https, for service principals (secret or
//     certificate) and workload identities: [Cloud.AuthorityHost],
//     [Cloud.WorkloadEnviron]. An authority that is not Microsoft's makes MSAL
//     ask login.microsoftonline.com about it: set DisableInstanceDiscovery, or
//     use Transport, which answers that question too;
//   - scripts that stand in for az, azd and Azure PowerShell:
//     [Cloud.InstallAzureCLI] and its siblings, [Cloud.SignIn].
//
// [Cloud.Inject] makes any of them fail, wait, hang or give tokens of another
// life; [Cloud.StopIdentityEndpoint] makes it refuse connections.
// [Cloud.Requests] says who asked for what. [Cloud.Verify] checks a token as a
// database does; [Cloud.Mint] makes tokens that no endpoint would give.
//
// MSAL keeps one cache of managed identity tokens per process, keyed by
// identity and resource and by nothing else. So each test should use an
// identity of its own. Those that are registered without ids get random ones,
// and tokens of the system-assigned identity, which has no id in that cache,
// live four minutes: azidentity does not serve tokens with less than five left.
//
// # The databases' doors
//
// A login front end listens on 127.0.0.1, speaks a database's wire protocol over
// TLS, asks for the token as Azure does and checks it: packages postgrestest,,
// mysqltest and sqlservertest. Behind it is an ordinary server of
// one's own, or a few lines of Go, or nothing, for programs that only need to log
// in. Its Inject makes it misbehave; its Logins and Plaintext say what arrived.
//
// # What is real and what is not
//
// Real: HTTP and TLS, the shapes of requests and answers, token signatures
// (RS256, a new key per cloud), claims, lifetimes, and the checks an endpoint
// makes: X-IDENTITY-HEADER, the Metadata header, secrets, the signature,
// audience, thumbprint and validity of client assertions, the subject of
// federated tokens, tenants, and resources (those of Azure's own services; see
// [Options] for others).
//
// Stand-ins: the texts of errors follow public reports of Azure's and may
// differ in detail; each token is new, where Azure's endpoints may give the
// same one again; there are no roles, groups, consent or conditional access;
// a host without a system-assigned identity answers "Identity not found" on
// IMDS even if it has exactly one user-assigned identity, which the real one
// would use; the Kubernetes cluster behind workload identities exists by name
// only; the scripts run no az, azd or PowerShell; the front end of SQL Server
// follows its specification (MS-TDS) and what go-mssqldb expects, and has been
// tried neither with another driver nor in front of a SQL Server.
package azuretest
