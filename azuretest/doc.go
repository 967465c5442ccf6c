// Package azuretest lets a program that logs in to Azure databases without a
// password be tested on one machine, offline. It plays the parts of Azure that issue
// tokens; packages postgrestest, mysqltest and sqlservertest play the database
// servers that accept them.
//
// # Testing an app
//
// This test runs the app with the variables that Service Connector and App Service
// set. It is the same for the other engines:
//
//	func TestApp(t *testing.T) {
//		cloud := azuretest.New(t)
//		app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
//		server := postgrestest.New(t, cloud, nil)
//		azuretest.Setenv(t, server.Environ(app)...)
//
//		db, err := sql.Open("azure-postgres", "") // or whatever the app does
//		require.NoError(t, err)
//		defer db.Close()
//		require.NoError(t, db.Ping())
//		require.Equal(t, "app", server.Logins()[0].User)
//	}
//
// Server.Inject makes a server misbehave: see [ServerFault]. Its Logins and Plaintext
// tell what arrived. ServerOptions.Query answers statements with rows; its Backend joins
// each session to an ordinary server. Module lab starts such servers.
//
// # The identity cloud
//
// A [Cloud] answers on 127.0.0.1, and real clients, including azidentity, run
// against it:
//
//   - the identity endpoint of App Service, Functions and Container Apps:
//     [Cloud.AppServiceEnviron];
//   - IMDS, the endpoint of virtual machines at 169.254.169.254, through
//     [Cloud.Transport], which never leaves loopback;
//   - an Entra authority with https, for service principals (secret or
//     certificate) and workload identities: [Cloud.AuthorityHost],
//     [Cloud.WorkloadEnviron]. MSAL asks login.microsoftonline.com about an
//     authority that is not Microsoft's: set DisableInstanceDiscovery, or use
//     Transport, which answers that question too;
//   - scripts that stand in for az, azd and Azure PowerShell:
//     [azuretest.AzureCLI] and its siblings, [Cloud.SignIn].
//
// [Cloud.Inject] makes any of them fail, wait, hang or issue tokens with another
// lifetime; [Cloud.StopIdentityEndpoint] makes it refuse connections.
// [Cloud.Requests] lists the requests. [Cloud.Verify] checks a token as a database
// does; [Cloud.Mint] makes tokens that no endpoint would issue.
//
// MSAL keeps one cache of managed identity tokens per process, keyed by identity and
// resource only. So each test should use its own identity. Those that are registered
// without ids get random ones. Tokens of the system-assigned identity, which has no id
// in that cache, live four minutes: azidentity does not serve tokens with less than
// five minutes left.
//
// # What is real and what is not
//
// Real: HTTP and TLS, the shapes of requests and answers, token signatures (RS256, an
// ID of the key per cloud), claims, lifetimes, and the checks that an endpoint makes:
// X-IDENTITY-HEADER, the Metadata header, secrets, the signature, audience, thumbprint
// and validity of client assertions, the subject of federated tokens, tenants, and
// resources (those of Azure's services; New and Start take others).
//
// Not real: the texts of errors follow public reports of Azure's and may differ in
// detail; each token is new, where Azure's endpoints may issue the same one again;
// there are no groups, consent or conditional access; a host without a system-assigned
// identity answers "Identity not found" on IMDS even if it has exactly one
// user-assigned identity, which the real one would use; the Kubernetes cluster behind
// workload identities exists by name only; the scripts run no az, azd or PowerShell.
package azuretest
