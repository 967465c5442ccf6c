package tds

import "strings"

// procedures are the procedures that a client may call by number (MS-TDS
// 2.2.6.6).
var procedures = [...]string{
	1: "sp_cursor", 2: "sp_cursoropen", 3: "sp_cursorprepare", 4: "sp_cursorexecute", 5: "sp_cursorprepexec",
	6: "sp_cursorunprepare", 7: "sp_cursorfetch", 8: "sp_cursoroption", 9: "sp_cursorclose", 10: executeSQL,
	11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec", 14: "sp_prepexecrpc", 15: "sp_unprepare",
}

const executeSQL = "sp_executesql"

// Bits of a parameter's status (MS-TDS 2.2.6.6).
const (
	ByReference = 0x01
	encrypted   = 0x08
)

// rpc reads a call of a procedure.
func (r *reader) rpc() Request {
	call := &Call{}
	if length := r.uint16(); length != 0xFFFF {
		call.Procedure = ucs2Text(r.bytes(2 * int(length)))
	} else {
		id := int(r.uint16())
		r.check(0 < id && id < len(procedures), "number of a procedure")
		if r.err == nil {
			call.Procedure = procedures[id]
		}
	}
	r.uint16() // options, about recompiling and metadata
	for len(r.data) > 0 {
		call.Parameters = append(call.Parameters, r.parameter())
	}
	if strings.EqualFold(call.Procedure, executeSQL) {
		return r.executeSQL(call.Parameters)
	}
	return call
}

// parameter reads a parameter.
func (r *reader) parameter() Parameter {
	if r.data[0] >= 0x80 { // no name is as long: the end of this call
		r.unsupported("several calls in one request")
	}
	p := Parameter{Name: r.bVarChar()}
	status := r.byte()
	if status&encrypted != 0 {
		r.unsupported("an encrypted parameter")
	}
	p.Output = status&ByReference != 0
	t := r.typeInfo()
	p.Type = t.Type
	p.Value = r.value(t)
	return p
}

// executeSQL takes the parameters of sp_executesql apart: a statement, the
// declarations of its parameters, and their values in the same order or by name.
func (r *reader) executeSQL(parameters []Parameter) *Batch {
	batch := &Batch{procedure: true}
	texts := [2]string{}
	for i := range texts {
		if i < len(parameters) {
			texts[i], _ = parameters[i].Value.(string)
		}
	}
	r.check(len(parameters) > 0, "sp_executesql without a statement")
	batch.SQL = texts[0]
	declarations := splitDeclarations(texts[1])
	for i, p := range parameters[min(2, len(parameters)):] {
		if i < len(declarations) {
			p.declare(declarations, i)
		}
		batch.Parameters = append(batch.Parameters, p)
	}
	return batch
}

// declaration is the declaration of a parameter: @p1 int output.
type declaration struct{ name, kind string }

// declare gives parameter i the name and type that it is declared with. What a
// declaration says counts, as a client may send NULL without a type.
func (p *Parameter) declare(declarations []declaration, i int) {
	declared := declarations[i]
	for _, d := range declarations {
		if p.Name != "" && strings.EqualFold(d.name, p.Name) {
			declared = d
		}
	}
	if p.Name == "" {
		p.Name = declared.name
	}
	if t, err := ParseType(declared.kind); err == nil {
		p.Type = t
	}
}

// splitDeclarations reads the declarations of sp_executesql. Commas inside
// parentheses belong to a type.
func splitDeclarations(text string) []declaration {
	var all []declaration
	depth, start := 0, 0
	for i, c := range text + "," {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && (depth == 0 || i == len(text)):
			name, kind, _ := strings.Cut(strings.TrimSpace(text[start:i]), " ")
			kind = strings.TrimSpace(kind)
			for _, word := range []string{" output", " out", " readonly"} {
				if n := len(kind) - len(word); n > 0 && strings.EqualFold(kind[n:], word) {
					kind = strings.TrimSpace(kind[:n])
				}
			}
			if name != "" {
				all = append(all, declaration{name, kind})
			}
			start = i + 1
		}
	}
	return all
}
