package identity

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/environ"
)

func TestHostMarker(t *testing.T) {
	const arcLinux = "/opt/azcmagent/bin/himds"
	arcWindows := filepath.Join("C:/ProgramData", "AzureConnectedMachineAgent", "himds.exe")
	for _, row := range []struct {
		name   string
		env    map[string]string
		file   string
		goos   string
		marker string // part of it; empty: none
		fabric bool
	}{
		{name: "nothing", goos: "linux"},
		{name: "App Service", env: map[string]string{"IDENTITY_ENDPOINT": "e", "IDENTITY_HEADER": "h"}, marker: "App Service"},
		{name: "App Service without its header", env: map[string]string{"IDENTITY_ENDPOINT": "e"}, goos: "linux"},
		{name: "Service Fabric", env: map[string]string{"IDENTITY_ENDPOINT": "e", "IDENTITY_HEADER": "h", "IDENTITY_SERVER_THUMBPRINT": "t"}, marker: "Service Fabric", fabric: true},
		{name: "Azure Machine Learning", env: map[string]string{"MSI_ENDPOINT": "e", "MSI_SECRET": "s"}, marker: "Machine Learning"},
		{name: "Cloud Shell", env: map[string]string{"MSI_ENDPOINT": "e"}, marker: "Cloud Shell"},
		{name: "App Service before MSI_ENDPOINT", env: map[string]string{"IDENTITY_ENDPOINT": "e", "IDENTITY_HEADER": "h", "MSI_ENDPOINT": "e"}, marker: "App Service"},
		{name: "Azure Arc by variables", env: map[string]string{"IDENTITY_ENDPOINT": "e", "IMDS_ENDPOINT": "i"}, marker: "Arc"},
		{name: "Azure Arc by agent", file: arcLinux, goos: "linux", marker: "Arc"},
		{name: "Azure Arc by agent on Windows", env: map[string]string{"ProgramData": "C:/ProgramData"}, file: arcWindows, goos: "windows", marker: "Arc"},
		{name: "no agent on macOS", file: arcLinux, goos: "darwin"},
		{name: "AZURE_POD_IDENTITY_AUTHORITY_HOST is not read", env: map[string]string{"AZURE_POD_IDENTITY_AUTHORITY_HOST": "h"}, goos: "linux"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := hostMarker(func(name string) string { return row.env[name] }, func(path string) bool { return path == row.file }, row.goos)
			assert.Equal(t, row.fabric, got.fabric)
			if row.marker == "" {
				assert.Empty(t, got.Marker.Get())
				return
			}
			assert.Contains(t, got.Marker.Get(), row.marker)
		})
	}
}

func TestAssetTag(t *testing.T) {
	const file = "/sys/class/dmi/id/chassis_asset_tag"
	table := []byte("\x03\x16\x03\x00Microsoft Corporation\x00" + azureAssetTag + "\x00\x00")
	for _, row := range []struct {
		name, goos, file, tag string
		env                   map[string]string
		smbios                []byte
		want                  bool
	}{
		{name: "Azure", goos: "linux", file: file, tag: azureAssetTag + "\n", want: true},
		{name: "Hyper-V elsewhere", goos: "linux", file: file, tag: "None\n"},
		{name: "a longer tag", goos: "linux", file: file, tag: azureAssetTag + "7\n"},
		{name: "no file", goos: "linux"},
		{name: "the host's /sys in a container", goos: "linux", file: "/host" + file, tag: azureAssetTag, env: map[string]string{"HOST_SYS": "/host/sys"}, want: true},
		{name: "Windows in Azure", goos: "windows", smbios: table, want: true},
		{name: "Windows elsewhere", goos: "windows", smbios: []byte("None\x00")},
		{name: "Windows without a table", goos: "windows"},
		{name: "macOS", goos: "darwin", file: file, tag: azureAssetTag, smbios: table},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := hasAssetTag(func(name string) string { return row.env[name] }, func(path string) ([]byte, error) {
				if row.file == "" || path != filepath.FromSlash(row.file) {
					return nil, fs.ErrNotExist
				}
				return []byte(row.tag), nil
			}, func() []byte { return row.smbios }, row.goos)
			assert.Equal(t, row.want, got)
		})
	}
}

func TestToolsOnPath(t *testing.T) {
	for _, row := range []struct {
		name     string
		programs []string
		goos     string
		want     []passwordless.IdentityKind
	}{
		{"none", nil, "linux", nil},
		{"all in order", []string{"pwsh", "azd", "az"}, "linux", []passwordless.IdentityKind{passwordless.AzureCLI, passwordless.AzureDeveloperCLI, passwordless.AzurePowerShell}},
		{"Windows PowerShell", []string{"powershell"}, "windows", []passwordless.IdentityKind{passwordless.AzurePowerShell}},
		{"powershell elsewhere", []string{"powershell"}, "linux", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, toolsOnPath(func(p string) bool { return slices.Contains(row.programs, p) }, row.goos))
		})
	}
}

// HOST_SYS may lead to what is no regular file, or has no end.
func TestTheAssetTagIsARegularFile(t *testing.T) {
	dir := t.TempDir()
	tag := filepath.Join(dir, "class/dmi/id/chassis_asset_tag")
	require.NoError(t, os.MkdirAll(filepath.Dir(tag), 0o700))
	t.Setenv("HOST_SYS", dir)
	require.NoError(t, os.WriteFile(tag, []byte(azureAssetTag+"\n"), 0o600))
	assert.Equal(t, runtime.GOOS == "linux", DetectHost().AssetTag.Get())
	require.NoError(t, os.WriteFile(tag, make([]byte, 1<<16+1), 0o600))
	_, err := readRegular(tag)
	require.ErrorIs(t, err, fs.ErrInvalid)
	for _, path := range []string{dir, os.DevNull} {
		_, err := readRegular(path)
		require.ErrorIs(t, err, fs.ErrInvalid, path)
	}
}

func TestKubernetesIsKnownByItsVariable(t *testing.T) {
	for _, service := range []string{"", "10.0.0.1"} {
		t.Setenv("KUBERNETES_SERVICE_HOST", service)
		assert.Equal(t, service != "", DetectHost().Kubernetes)
		for file, pod := range map[string]bool{"/tmp/token": service != "", "/var/run/secrets/azure/tokens/azure-identity-token": true} {
			env := environ.NewVars([]string{"AZURE_FEDERATED_TOKEN_FILE=" + file, "AZURE_CLIENT_ID=c", "AZURE_TENANT_ID=t"})
			id, err := Choose(dsn.Config{Engine: dsn.PostgreSQL}, env, DetectHost(), &passwordless.Options{})
			require.NoError(t, err)
			assert.Equal(t, pod, id.InPod, file)
		}
	}
}

// The tools on PATH are those that an error about the managed identity may propose.
func TestAManagedIdentityKnowsTheToolsOnPath(t *testing.T) {
	tools := []passwordless.IdentityKind{passwordless.AzureCLI, passwordless.AzurePowerShell}
	for name, row := range map[string]struct {
		host      HostInfo
		ids       dsn.Identity
		fallbacks int
	}{
		"named, in Azure":     {HostInfo{AssetTag: Known(true), Tools: Known(tools)}, dsn.Identity{ClientID: "c"}, 0},
		"system's, in Azure":  {HostInfo{AssetTag: Known(true), Tools: Known(tools)}, dsn.Identity{}, 2},
		"named, not known":    {HostInfo{Tools: Known(tools)}, dsn.Identity{ClientID: "c"}, 2},
		"system's, not known": {HostInfo{Tools: Known(tools)}, dsn.Identity{}, 2},
	} {
		id, err := Choose(dsn.Config{Engine: dsn.PostgreSQL, Identity: row.ids}, environ.NewVars(nil), row.host, &passwordless.Options{})
		require.NoError(t, err)
		assert.Equal(t, tools, id.OnPath, name)
		assert.Len(t, id.Tools, row.fallbacks, name)
	}
}

// Facts are found once for each value of the variable that they depend on, and only when asked for.
func TestFactsAreFoundOnce(t *testing.T) {
	var found facts[int]
	var finds int
	find := func(string) int { finds++; return finds }
	first, again, other := found.of("a", find), found.of("a", find), found.of("b", find)
	assert.Zero(t, finds)
	assert.Equal(t, []int{1, 1, 1, 2, 0}, []int{first.Get(), again.Get(), first.Get(), other.Get(), Fact[int](nil).Get()})
}

// A connection whose credential or identity leaves nothing to the machine does not search PATH.
func TestOnlyRulesThatNeedTheMachineLookAtIt(t *testing.T) {
	host := HostInfo{
		Marker:   func() string { t.Error("the Azure Arc agent's file was looked for"); return "" },
		AssetTag: func() bool { t.Error("the asset tag was read"); return false },
		Tools:    func() []passwordless.IdentityKind { t.Error("PATH was searched"); return nil },
	}
	onAppService := host
	onAppService.Marker = appService.Marker
	for name, row := range map[string]struct {
		host HostInfo
		id   dsn.Identity
		o    passwordless.Options
	}{
		"a credential":    {host, dsn.Identity{}, passwordless.Options{Credential: &connectortest.FixedCredential{}}},
		"a client secret": {host, withSecret, passwordless.Options{}},
		"a marker":        {onAppService, clientID, passwordless.Options{}},
	} {
		_, err := Choose(dsn.Config{Engine: dsn.PostgreSQL, Identity: row.id}, environ.NewVars(nil), row.host, &row.o)
		require.NoError(t, err, name)
	}
}
