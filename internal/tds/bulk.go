package tds

// bulkLoad reads the rows that follow an INSERT BULK statement: column
// descriptions, rows and an end, as a server would send them (MS-TDS 2.2.6.1).
func (r *reader) bulkLoad() *BulkLoad {
	load := &BulkLoad{}
	r.check(r.byte() == TokenColumns, "bulk load without columns")
	types := make([]WireType, 0, 16)
	for range r.uint16() {
		if r.err != nil {
			return load
		}
		r.uint32() // user type
		flags := r.uint16()
		t := r.typeInfo()
		if t.family == familyNothing {
			r.check(false, "type of a column")
		}
		types = append(types, t)
		load.Columns = append(load.Columns, Column{
			Name: r.bVarChar(), Type: t.Type,
			NotNull: flags&ColumnNullable == 0, Identity: flags&ColumnIdentity != 0,
		})
	}
	r.check(len(types) > 0, "bulk load without columns")
	for r.err == nil {
		switch token := r.byte(); token {
		case TokenRow:
			load.Rows = append(load.Rows, r.row(types))
		case TokenDone:
			r.bytes(12)
			r.check(len(r.data) == 0, "bulk load that goes on after its end")
			return load
		default:
			r.check(false, "token in a bulk load")
		}
	}
	return load
}

// row reads a row.
func (r *reader) row(types []WireType) []any {
	values := make([]any, len(types))
	for i, t := range types {
		values[i] = r.value(t)
	}
	return values
}
