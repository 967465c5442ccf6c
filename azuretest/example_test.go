package azuretest_test

import (
	"fmt"
	"log"

	"github.com/azuredb/passwordless/azuretest"
)

// A token is checked as a database does it.
func Example() {
	cloud, err := azuretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})

	claims, err := cloud.Verify(cloud.Mint(app, azuretest.OSSRDBMSAudience), azuretest.OSSRDBMSAudience)
	fmt.Println(claims.Names, err)

	_, err = cloud.Verify(cloud.Mint(app, azuretest.SQLAudience), azuretest.OSSRDBMSAudience)
	fmt.Println(err)
	// Output:
	// [app] <nil>
	// azuretest: the token is for another resource: aud "https://database.windows.net/", want "https://ossrdbms-aad.database.windows.net"
}

// A failing identity endpoint, seen through the cloud's own HTTP client.
func ExampleCloud_Inject() {
	cloud, err := azuretest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer cloud.Close()
	remove := cloud.Inject(azuretest.Fault{Endpoint: azuretest.IMDS, Status: 429, Times: 1})
	defer remove()

	for range 2 { // without the header "Metadata: true" this is a probe
		resp, err := cloud.Transport().Get("http://169.254.169.254/metadata/identity/oauth2/token")
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	fmt.Println(len(cloud.Requests()), "requests,", cloud.TokenRequests(), "for a token")
	// Output:
	// 429 Too Many Requests
	// 400 Bad Request
	// 2 requests, 0 for a token
}
