package lab

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// translateMySQL makes SQLite's SQL of MySQL's, as far as the two differ in what small programs write.
func translateMySQL(tokens []token, who speaker) (statement, error) {
	words := significant(tokens)
	st := statement{words: words, verb: verbOf(words)}
	if st.verb == "set" { // ignored, whatever it says
		return st, nil
	}
	if last := words[len(words)-1]; last.kind == tokenString && mysqlQuoted(last.text+" ", true) > len(last.text) {
		return st, mysqlRefusal(1064, "42000", "You have an error in your SQL syntax: a string has no end")
	}
	tokens, err := mysqlExpressions(words, who)
	if err != nil {
		return st, err
	}
	switch st.verb {
	case "create table":
		tokens = mysqlColumns(tokens)
	case "insert":
		if len(tokens) > 1 && tokens[1].is("ignore") {
			tokens[1].text = "or ignore"
		}
	case "select":
		tokens = mysqlSelect(tokens)
	}
	st.sql = mysqlJoin(tokens)
	st.rows = slices.Contains([]string{"select", "values", "explain", "table"}, st.verb) || topLevel(tokens, "returning") >= 0
	return st, nil
}

// mysqlJoin writes tokens with a blank between them, but for calls and names of several parts.
func mysqlJoin(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		tight := t.text == "." || t.text == "(" || i > 0 && tokens[i-1].text == "."
		symbols := i > 0 && t.kind == tokenSymbol && tokens[i-1].kind == tokenSymbol // such as <=
		if i > 0 && !tight && !(symbols && strings.Contains("<>=!|&", t.text)) {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// mysqlConstants are the calls with a value that is the same for the whole session.
func mysqlConstants(who speaker) map[string]string {
	account := literal(who.user + "@%")
	return map[string]string{
		"current_user": account, "current_user()": account, "user()": account, "session_user()": account, "system_user()": account,
		"database()": literal(who.database), "schema()": literal(who.database),
		"version()": literal(who.version), "connection_id()": "1",
		"now()": "current_timestamp", "current_timestamp()": "current_timestamp", "utc_timestamp()": "current_timestamp",
		"curdate()": "current_date", "last_insert_id()": "last_insert_rowid()",
	}
}

// mysqlVariables are the system variables that can be read. SQLite's transactions are serializable.
func mysqlVariables(who speaker) map[string]string {
	return map[string]string{
		"max_allowed_packet": "67108864", "autocommit": "1", "version": literal(who.version),
		"version_comment": literal("SQLite, standing in for MySQL"), "sql_mode": "''", "time_zone": "'+00:00'",
		"transaction_isolation": "'SERIALIZABLE'", "tx_isolation": "'SERIALIZABLE'", "lower_case_table_names": "0",
	}
}

// mysqlExpressions replaces what is written in another way in any statement: strings, variables, calls.
func mysqlExpressions(tokens []token, who speaker) ([]token, error) {
	constants := mysqlConstants(who)
	var out []token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case t.kind == tokenString && len(out) > 0 && out[len(out)-1].is("_binary"):
			out = out[:len(out)-1]
			t = token{tokenNumber, "x'" + hex.EncodeToString([]byte(mysqlText(t.text))) + "'"}
		case t.kind == tokenString:
			t.text = literal(mysqlText(t.text))
		case t.text == "@":
			name, length := mysqlVariable(tokens[i:])
			value, ok := mysqlVariables(who)[name]
			if !ok {
				return nil, mysqlRefusal(1193, "HY000", "Unknown system variable '%s' (the stand-in knows few)", name)
			}
			t = token{tokenWord, value}
			i += length - 1
		case t.kind == tokenWord:
			name, length := mysqlCall(tokens[i:])
			if value, ok := constants[name]; ok {
				t = token{tokenWord, value}
				i += length - 1
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// mysqlVariable reads @@name or @@session.name.
func mysqlVariable(tokens []token) (name string, length int) {
	for i, t := range tokens {
		switch {
		case t.text == "@" && i < 2, t.text == ".":
		case t.kind == tokenWord && i+1 < len(tokens) && tokens[i+1].text == ".":
		case t.kind == tokenWord:
			return strings.ToLower(t.text), i + 1
		default:
			return "", 1
		}
	}
	return "", 1
}

// mysqlCall reads name() as that, also with a number of digits, as in now(6), and any other word as it is.
func mysqlCall(tokens []token) (name string, length int) {
	name = strings.ToLower(tokens[0].text)
	switch {
	case len(tokens) > 2 && tokens[1].text == "(" && tokens[2].text == ")":
		return name + "()", 3
	case len(tokens) > 3 && tokens[1].text == "(" && tokens[2].kind == tokenNumber && tokens[3].text == ")":
		if _, err := strconv.Atoi(tokens[2].text); err == nil {
			return name + "()", 4
		}
	}
	return name, 1
}

// mysqlSelect drops what only MySQL has: FROM DUAL, and the locks of FOR UPDATE, since a transaction has the
// whole database anyway.
func mysqlSelect(tokens []token) []token {
	if i := topLevel(tokens, "from"); i >= 0 && i+1 < len(tokens) && tokens[i+1].is("dual") {
		tokens = slices.Delete(tokens, i, i+2)
	}
	if n := len(tokens); n > 2 && tokens[n-2].is("for") && (tokens[n-1].is("update") || tokens[n-1].is("share")) {
		tokens = tokens[:n-2]
	}
	return tokens
}

// mysqlColumns makes the columns of CREATE TABLE such as SQLite understands: AUTO_INCREMENT ones INTEGER, which
// it numbers itself when they are the primary key, without character sets, comments and table options.
func mysqlColumns(tokens []token) []token {
	end := len(tokens)
	for i, t := range tokens {
		if t.text == ")" {
			end = i + 1
		}
	}
	if topLevel(tokens, "select") < 0 { // what follows the columns are options
		tokens = tokens[:end]
	}
	var out []token
	start, depth := 0, 0 // of the column, and how many parentheses are open
	for i := 0; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.is("auto_increment"):
			out = mysqlNumbered(out, start)
		case t.is("collate") || t.is("charset") || t.is("comment"):
			i++ // and its value
		case t.is("character") && i+1 < len(tokens) && tokens[i+1].is("set"):
			i += 2
		default:
			out = append(out, t)
			switch t.text {
			case "(":
				depth++
			case ")":
				depth--
			}
			if depth == 1 && (t.text == "," || t.text == "(") {
				start = len(out)
			}
		}
	}
	return out
}

// mysqlNumbered makes the type of the last column, which begins at start, INTEGER: all words between its name and
// what else is said of it.
func mysqlNumbered(tokens []token, start int) []token {
	if start+1 >= len(tokens) {
		return tokens
	}
	end := start + 2
	for end < len(tokens) && !slices.ContainsFunc([]string{"not", "null", "primary", "unique", "key", "default"}, tokens[end].is) {
		end++
	}
	return slices.Replace(tokens, start+1, end, token{tokenWord, "integer"})
}
