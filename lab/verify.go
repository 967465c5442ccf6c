package lab

import (
	"fmt"

	"github.com/azuredb/passwordless/azuretest"
)

// verifyToken checks what a role sends as its password: a token of the cloud for Azure's open-source databases
// (signature, audience, times) that was issued to that role's identity.
func verifyToken(cloud *azuretest.Cloud, role, password string) error {
	claims, err := cloud.Verify(password, azuretest.OSSRDBMSAudience)
	if err != nil {
		return err
	}
	if !claims.Matches(role) {
		return fmt.Errorf("the token was issued to %q (object ID %s)", claims.Name, claims.ObjectID)
	}
	return nil
}
