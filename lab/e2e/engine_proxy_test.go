package e2e_test

import "testing"

func TestEngineProxySeesNoRequestForTheHostsIdentity(t *testing.T) {
	onEachSite(t, proxySeesNoRequest)
}
