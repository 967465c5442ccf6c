package dsn

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/generated"
)

const page = "../docs/connection-strings.md"

// The page's tables of keys and words say what the code does. After a change to a
// table run: go test ./dsn -run TestPage -update
func TestPageSaysWhatTheCodeDoes(t *testing.T) {
	for name, want := range pageBlocks() {
		assert.NoError(t, generated.CheckBlock(page, "<!-- "+name+" -->\n", "<!-- end -->", "\n"+want+"\n"))
	}
}

// The table of TLS words has a row for each declaration and a column for each engine.
func TestPageHasTheWordsForTLS(t *testing.T) {
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	for mode := TLSDisable; mode <= TLSVerifyFull; mode++ {
		row := regexp.MustCompile("(?m)^\\| `" + mode.String() + "` \\|(.*)\\|(.*)\\|(.*)\\|$").FindStringSubmatch(string(data))
		require.NotNil(t, row, "a row for %v", mode)
		for engine := PostgreSQL; engine <= SQLServer; engine++ {
			var want []string
			for word, m := range engines[engine].tls.words {
				if m == mode {
					want = append(want, word)
				}
			}
			var got []string
			for _, word := range commaList(row[engine]) {
				got = append(got, fold(word))
			}
			assert.ElementsMatch(t, want, got, "%v, %v", mode, engine)
		}
	}
}

func pageBlocks() map[string]string {
	blocks := map[string]string{"fields": fieldsBlock(), "methods": methodsBlock()}
	for name, set := range map[string]struct {
		engine        Engine
		rules, parent ruleSet
	}{
		"never":              {PostgreSQL, neverPassed, nil},
		"azure":              {PostgreSQL, ruleSet{}.plus(azureRules), nil},
		"postgresql native":  {PostgreSQL, nativeRules, nil},
		"postgresql JDBC":    {PostgreSQL, jdbcRules, ruleSet{}.plus(azureRules)},
		"postgresql ADO.NET": {PostgreSQL, npgsqlRules, nil},
		"postgresql ODBC":    {PostgreSQL, psqlODBCRules, nil},
		"mysql DSN":          {MySQL, mySQLNativeRules, nil},
		"mysql shared":       {MySQL, mySQLForeignRules, mySQLNativeRules},
		"mysql JDBC":         {MySQL, mySQLJDBCRules, mySQLForeignRules.plus(azureRules)},
		"mysql URL":          {MySQL, mySQLURLRules, mySQLForeignRules},
		"mysql ADO.NET":      {MySQL, mySQLADORules, mySQLForeignRules},
		"mysql ODBC":         {MySQL, mySQLODBCRules, mySQLForeignRules},
		"sqlserver shared":   {SQLServer, sqlServerRules, nil},
		"sqlserver native":   {SQLServer, goMSSQLRules, sqlServerRules},
		"sqlserver JDBC":     {SQLServer, mssqlJDBCRules, sqlServerRules},
		"sqlserver ODBC":     {SQLServer, msODBCRules, sqlServerRules},
		"sqlserver ADO.NET":  {SQLServer, sqlClientRules, sqlServerRules},
	} {
		blocks[name] = rulesBlock(set.engine, set.rules, set.parent)
	}
	return blocks
}

func fieldsBlock() string {
	var b strings.Builder
	b.WriteString("| in errors | keys |\n|---|---|\n")
	for f, row := range fields {
		if f == 0 {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", field(f), row.keys)
	}
	return b.String()
}

func methodsBlock() string {
	var b strings.Builder
	b.WriteString("| method | words, with or without a prefix | words without a prefix only |\n|---|---|---|\n")
	for _, row := range methods[MethodDefault:] {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", row.name, row.directory, row.plain)
	}
	fmt.Fprintf(&b, "| not built in | %s | |\n", strings.Join(commaList(unsupported), ", "))
	return b.String()
}

// rulesBlock lists what becomes of the keys, but those of which the same becomes in
// the parent.
func rulesBlock(engine Engine, rules, parent ruleSet) string {
	byOutcome := map[string][]string{}
	for folded, r := range rules {
		what := outcome(engine, r)
		if p, ok := parent[folded]; !ok || outcome(engine, p) != what {
			byOutcome[what] = append(byOutcome[what], r.name)
		}
	}
	var b strings.Builder
	b.WriteString("| what becomes of it | keys |\n|---|---|\n")
	for _, what := range slices.Sorted(maps.Keys(byOutcome)) {
		keys := byOutcome[what]
		slices.SortFunc(keys, func(a, b string) int { return cmp.Or(strings.Compare(fold(a), fold(b)), strings.Compare(a, b)) })
		fmt.Fprintf(&b, "| %s | %s |\n", what, strings.Join(keys, ", "))
	}
	return b.String()
}

// samples hold for every rule a value that it takes, if there is one.
var samples = []string{"true", "7", "30s", "utf8", "direct", "any", "ReadOnly", "a=1", "strict", "name", "NonValidatingFactory", "false"}

// more are samples for one engine.
var more = map[Engine][]string{PostgreSQL: {"0", "simple"}}

// outcome finds what a rule does by giving it the samples.
func outcome(engine Engine, r keyRule) string {
	var field, param, wrong, ignored string
	for _, sample := range slices.Concat(samples, more[engine]) {
		start := builder{rules: engines[engine], config: Config{Engine: engine}}
		b := start
		if err := r.rule(&b, pair{key: r.name, name: r.name, value: sample}); err != nil {
			wrong = cmp.Or(wrong, "error: "+strings.TrimSuffix(strings.TrimPrefix(err.Error(), "dsn: "+r.name+": "), " (at byte 0)"))
			continue
		}
		for _, w := range b.config.Warnings {
			ignored = strings.TrimPrefix(w, r.name+" is ")
		}
		for name, value := range b.config.Params {
			switch {
			case name == "a":
				param = "session variables"
			case value != sample:
				param = "parameter `" + name + "`: " + sample + " as " + value
			case param == "" && name == r.name:
				param = "parameter of the same name"
			case param == "":
				param = "parameter `" + name + "`"
			}
		}
		field = cmp.Or(field, changedField(start, b))
	}
	return cmp.Or(field, param, wrong, ignored, "taken, without effect")
}

// changedField names what a rule set beside Params and Warnings.
func changedField(before, after builder) string {
	switch {
	case after.unverified, after.sqlServer.verified:
		return "Config.TLS"
	case after.hosts.value != "", after.ports.value != "", after.sqlServer.partner.value != "",
		after.sqlServer.partnerPorts.value != "", after.sqlServer.instance.value != "":
		return "Config.Hosts"
	case after.config.Identity != before.config.Identity:
		return "Config.Identity." + differing(before.config.Identity, after.config.Identity)
	}
	before.config.Params, before.config.Warnings = after.config.Params, after.config.Warnings
	if name := differing(before.config, after.config); name != "" {
		return "Config." + name
	}
	return ""
}

// differing returns the name of the first field in which two structs differ.
func differing(a, b any) string {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			return x.Type().Field(i).Name
		}
	}
	return ""
}
