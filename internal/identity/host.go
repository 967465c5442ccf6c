package identity

import (
	"bytes"
	"cmp"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/azuredb/passwordless"
)

// HostInfo is what the machine shows of its environment.
type HostInfo struct {
	Marker     Fact[string]                      // what says that the host has an identity endpoint; empty: only the metadata service, if that
	AssetTag   Fact[bool]                        // the machine has the chassis asset tag of Azure's machines
	Tools      Fact[[]passwordless.IdentityKind] // the developer's sign-in tools on PATH, in the order to ask them
	Kubernetes bool                              // this looks like a pod
	fabric     bool                              // see OnServiceFabric
}

// Fact is what the machine shows, found when it is first asked for. That of a nil Fact is the zero value.
type Fact[T any] func() T

// Known is the Fact that is value.
func Known[T any](value T) Fact[T] { return func() T { return value } }

// Get finds the fact.
func (f Fact[T]) Get() (value T) {
	if f != nil {
		value = f()
	}
	return value
}

// facts are those of this process, each by the variable's value that it depends on.
type facts[T any] struct {
	mu  sync.Mutex
	all map[string]Fact[T] // guarded by mu
}

func (f *facts[T]) of(value string, find func(value string) T) Fact[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	fact := f.all[value]
	if fact == nil {
		if f.all == nil {
			f.all = map[string]Fact[T]{}
		}
		fact = sync.OnceValue(func() T { return find(value) })
		f.all[value] = fact
	}
	return fact
}

var (
	arcAgents facts[bool]
	assetTags facts[bool]
	toolsOf   facts[[]passwordless.IdentityKind]
)

// DetectHost looks at the process's own environment and PATH: MSAL and azidentity read nothing else. What takes
// files is looked for once in a process, where a rule asks for it.
func DetectHost() HostInfo {
	h := hostMarker(os.Getenv, agentExists, runtime.GOOS)
	h.Kubernetes = os.Getenv("KUBERNETES_SERVICE_HOST") != ""
	h.AssetTag = assetTags.of(os.Getenv("HOST_SYS"), func(string) bool {
		return hasAssetTag(os.Getenv, readRegular, smbios, runtime.GOOS)
	})
	h.Tools = toolsOf.of(os.Getenv("PATH"), func(string) []passwordless.IdentityKind {
		return toolsOnPath(func(program string) bool {
			_, err := exec.LookPath(program)
			return err == nil
		}, runtime.GOOS)
	})
	return h
}

// OnServiceFabric reports whether the host's identity endpoint is Service Fabric's, whose certificate
// MSAL pins: it must have an *http.Client to work on.
func OnServiceFabric() bool { return hostMarker(os.Getenv, agentExists, runtime.GOOS).fabric }

// hostMarker finds a managed identity endpoint as GetSource of MSAL for Go 1.10 does
// (apps/managedidentity/managedidentity.go): by variables, then by the Azure Arc agent's file.
func hostMarker(getenv func(string) string, exists func(string) bool, goos string) HostInfo {
	set := func(name string) bool { return getenv(name) != "" }
	switch {
	case set("IDENTITY_ENDPOINT") && set("IDENTITY_HEADER") && set("IDENTITY_SERVER_THUMBPRINT"):
		return HostInfo{Marker: Known("IDENTITY_ENDPOINT and IDENTITY_SERVER_THUMBPRINT (Service Fabric)"), fabric: true}
	case set("IDENTITY_ENDPOINT") && set("IDENTITY_HEADER"):
		return HostInfo{Marker: Known("IDENTITY_ENDPOINT and IDENTITY_HEADER (App Service, Functions, Container Apps)")}
	case set("MSI_ENDPOINT") && set("MSI_SECRET"):
		return HostInfo{Marker: Known("MSI_ENDPOINT and MSI_SECRET (Azure Machine Learning)")}
	case set("MSI_ENDPOINT"):
		return HostInfo{Marker: Known("MSI_ENDPOINT (Cloud Shell)")}
	case set("IDENTITY_ENDPOINT") && set("IMDS_ENDPOINT"):
		return HostInfo{Marker: Known("IDENTITY_ENDPOINT and IMDS_ENDPOINT (Azure Arc)")}
	}
	agent := arcAgent(getenv, goos)
	return HostInfo{Marker: func() string {
		if agent == "" || !exists(agent) {
			return ""
		}
		return agent + " (Azure Arc)"
	}}
}

// arcAgent returns where the Azure Arc agent would be installed; "" on systems without one.
func arcAgent(getenv func(string) string, goos string) string {
	switch goos {
	case "linux":
		return "/opt/azcmagent/bin/himds"
	case "windows":
		return filepath.Join(getenv("ProgramData"), "AzureConnectedMachineAgent", "himds.exe")
	default:
		return ""
	}
}

func agentExists(path string) bool {
	return arcAgents.of(path, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}).Get()
}

// readRegular is [os.ReadFile] of what can have no more than its size: HOST_SYS may lead anywhere.
func readRegular(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > 1<<16 {
		return nil, fs.ErrInvalid
	}
	return os.ReadFile(path)
}

// azureAssetTag is the chassis asset tag of every machine in Azure; cloud-init and the Azure Linux agent
// decide by it, and Microsoft's own scripts on Windows. It spells "MSFT AZURE VM" in decimal ASCII.
const azureAssetTag = "7783-7084-3265-9085-8269-3286-77"

// hasAssetTag looks on Linux at the tag's file, below HOST_SYS where a container has the host's /sys
// there; on Windows at the firmware's table, whose strings end in a zero byte.
func hasAssetTag(getenv func(string) string, readFile func(string) ([]byte, error), smbios func() []byte, goos string) bool {
	switch goos {
	case "linux":
		tag, err := readFile(filepath.Join(cmp.Or(getenv("HOST_SYS"), "/sys"), "class/dmi/id/chassis_asset_tag"))
		return err == nil && strings.TrimSpace(string(tag)) == azureAssetTag
	case "windows":
		return bytes.Contains(smbios(), []byte(azureAssetTag+"\x00"))
	default:
		return false
	}
}

// toolsOnPath returns the developer tools that azidentity would find, on Windows PowerShell by either name.
func toolsOnPath(onPath func(program string) bool, goos string) (tools []passwordless.IdentityKind) {
	for i, found := range [...]bool{onPath("az"), onPath("azd"), onPath("pwsh") || goos == "windows" && onPath("powershell")} {
		if found {
			tools = append(tools, developerTools[i])
		}
	}
	return tools
}
