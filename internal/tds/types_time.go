package tds

import (
	"math"
	"time"
)

const day = 24 * time.Hour

// The days that dates and the old times count from (MS-TDS 2.2.5.5.1.8). Times
// without a zone are UTC here.
var (
	firstDate = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	oldDate   = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
)

// timeLength is the number of bytes of a time of day with that many digits of a
// second, and timeUnit what the last of them stands for.
func timeLength(scale uint8) int         { return [...]int{3, 3, 3, 4, 4, 5, 5, 5}[min(scale, 7)] }
func timeUnit(scale uint8) time.Duration { return time.Second / time.Duration(math.Pow10(int(scale))) }

// encodeTime writes dates and times. All but datetimeoffset have no zone: they
// are what the clock shows in the value's.
func (t WireType) encodeTime(moment time.Time) ([]byte, error) {
	_, offset := moment.Zone()
	moment = moment.UTC()
	if t.family != familyDateTimeOffset {
		moment = moment.Add(time.Duration(offset) * time.Second)
	}
	if t.family == familyDateTime {
		return t.encodeDateTime(moment)
	}
	unit := timeUnit(t.Scale)
	if t.family != familyDate {
		moment = moment.Round(unit)
	}
	if t.family != familyTime && (moment.Year() < 1 || moment.Year() > 9999) {
		return nil, t.outOfRange()
	}
	days, clock := split(moment, firstDate)
	var value []byte
	if t.family != familyDate {
		value = appendNumber(value, uint64(clock/unit), timeLength(t.Scale))
	}
	if t.family != familyTime {
		value = appendNumber(value, uint64(days), 3)
	}
	if t.family == familyDateTimeOffset {
		value = appendNumber(value, uint64(offset/60), 2)
	}
	return value, nil
}

// split is a time in UTC as days since first, which is midnight, and the time of day.
func split(moment, first time.Time) (days int64, clock time.Duration) {
	midnight := moment.Truncate(day)
	return (midnight.Unix() - first.Unix()) / 86400, moment.Sub(midnight)
}

// ticks is how many units of the time of day there are in a time: datetime has 300ths
// of a second, smalldatetime has minutes.
func (t WireType) ticks() (n int64, in time.Duration) {
	if t.size == 4 {
		return 1, time.Minute
	}
	return 300, time.Second
}

// encodeDateTime writes datetime and smalldatetime.
func (t WireType) encodeDateTime(moment time.Time) ([]byte, error) {
	first, last := 1753, 9999
	if t.size == 4 {
		first, last = 1900, 2079
	}
	days, clock := split(moment, oldDate)
	n, in := t.ticks()
	units, perDay := (int64(clock)*n+int64(in)/2)/int64(in), n*int64(day/in)
	days += units / perDay
	if year := moment.Year(); year < first || year > last || t.size == 4 && days > math.MaxUint16 {
		return nil, t.outOfRange()
	}
	return appendNumber(appendNumber(nil, uint64(days), t.size/2), uint64(units%perDay), t.size/2), nil
}

// time reads dates and times, whose length is right.
func (r *reader) time(t WireType, data []byte) time.Time {
	if t.family == familyDateTime {
		return r.dateTime(t, data)
	}
	moment := firstDate
	if t.family != familyDate {
		n, unit := timeLength(t.Scale), timeUnit(t.Scale)
		units := number(data[:n])
		r.check(units < uint64(day/unit), "time of day")
		moment, data = moment.Add(time.Duration(units)*unit), data[n:]
	}
	if t.family != familyTime {
		moment, data = moment.AddDate(0, 0, int(number(data[:3]))), data[3:]
	}
	r.check(moment.Year() <= 9999, "date")
	if t.family == familyDateTimeOffset {
		minutes := int(signed(data))
		r.check(-14*60 <= minutes && minutes <= 14*60, "offset from UTC")
		moment = moment.In(time.FixedZone("", minutes*60))
	}
	return moment
}

// dateTime reads datetime and smalldatetime.
func (r *reader) dateTime(t WireType, data []byte) time.Time {
	half := t.size / 2
	days, units := signed(data[:half]), int64(number(data[half:]))
	if t.size == 4 {
		days = int64(number(data[:half]))
	}
	n, in := t.ticks()
	r.check(units < n*int64(day/in) && -53690 <= days && days <= 2958463, "datetime")
	clock := time.Duration(units) * in / time.Duration(n)
	return oldDate.AddDate(0, 0, int(days)).Add(clock.Round(time.Millisecond))
}
