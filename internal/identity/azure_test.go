package identity

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAzureFactsInWords(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for want, s := range map[string]AzureFacts{
		"has an identity endpoint: MSI_ENDPOINT (Cloud Shell)":                                {Endpoint: "MSI_ENDPOINT (Cloud Shell)", AssetTag: true, InAzure: true},
		"in Azure: it has Azure's chassis asset tag":                                          {AssetTag: true, InAzure: true},
		"in Azure: the instance metadata service answered (HTTP 410 at 2026-11-30T12:00:00Z)": {Probe: "HTTP 410", ProbedAt: at, InAzure: true},
		"not known to be in Azure: no answer within 1s at 2026-11-30T12:00:00Z":               {Probe: "no answer within 1s", ProbedAt: at},
		"not known to be in Azure: no identity endpoint, no chassis asset tag of Azure":       {},
		"not known to be in Azure: Options.ProbeIMDS says no at 2026-11-30T12:00:00Z":         {AssetTag: true, Probe: "Options.ProbeIMDS says no", ProbedAt: at},
	} {
		assert.Equal(t, want, s.String())
	}
}
