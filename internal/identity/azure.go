package identity

import "time"

// AzureFacts are what is known about whether this host is in Azure. That decides
// between its managed identity and a developer's sign-in.
type AzureFacts struct {
	Endpoint string    // what names the host's identity endpoint, such as IDENTITY_ENDPOINT; empty if nothing does
	AssetTag bool      // the machine has Azure's chassis asset tag
	Probe    string    // how the latest probe of the instance metadata service ended; empty before one
	ProbedAt time.Time // when that was; zero before one
	InAzure  bool      // the decision: by the asset tag, or by an answer of the metadata service
}

// String says in one line what was decided, and by which fact.
func (s AzureFacts) String() string {
	switch {
	case s.Endpoint != "":
		return "has an identity endpoint: " + s.Endpoint
	case s.InAzure && s.Probe != "":
		return "in Azure: the instance metadata service answered (" + s.Probe + " at " + s.ProbedAt.UTC().Format(time.RFC3339) + ")"
	case s.InAzure:
		return "in Azure: it has Azure's chassis asset tag"
	case s.Probe != "":
		return "not known to be in Azure: " + s.Probe + " at " + s.ProbedAt.UTC().Format(time.RFC3339)
	default:
		return "not known to be in Azure: no identity endpoint, no chassis asset tag of Azure"
	}
}
