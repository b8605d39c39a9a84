package units

import (
	"math"
	"testing"
)

func TestKnownConversions(t *testing.T) {
	for _, c := range []struct {
		value    float64
		from, to string
		want     string
	}{
		{100, "km/h", "mph", "62.1371"},
		{1, "nautical mile", "KM", "1.852"},
		{-40, "celsius", "F", "-40"},
		{0, "K", "°F", "-459.67"},
		{1, "GiB", "MB", "1073.74"},
		{8, "bit", "B", "1"},
		{1, "kWh", "kJ", "3600"},
		{5, " ft ", "in", "60"},
		{0, "m", "km", "0"},
	} {
		got, _, _, err := Convert(c.value, c.from, c.to)
		if err != nil || Shown(got, 6) != c.want {
			t.Errorf("%v %s in %s: got %s, %v; want %s", c.value, c.from, c.to, Shown(got, 6), err, c.want)
		}
	}
}

func TestThereAndBackIsTheSameForEveryPair(t *testing.T) {
	for kind, names := range ByKind() {
		for _, from := range names {
			for _, to := range names {
				there, _, _, err := Convert(300, from, to)
				if err != nil {
					t.Fatalf("%s: %s to %s: %v", kind, from, to, err)
				}
				back, _, _, _ := Convert(there, to, from)
				if math.Abs(back-300) > 1e-9*300 {
					t.Errorf("%s to %s and back is %v", from, to, back)
				}
			}
		}
	}
}

func TestWhatCannotBeConvertedIsAnError(t *testing.T) {
	for _, c := range []struct {
		value    float64
		from, to string
	}{{1, "kg", "m"}, {1, "parsec", "m"}, {1, "m", ""}, {-1, "K", "°C"}, {math.NaN(), "m", "km"}, {math.Inf(1), "m", "km"}} {
		if _, _, _, err := Convert(c.value, c.from, c.to); err == nil {
			t.Errorf("%v %s in %s: no error", c.value, c.from, c.to)
		}
	}
}

func TestNumbersAreWrittenAsPeopleDo(t *testing.T) {
	for value, want := range map[float64]string{1e6: "1000000", 1.23456789: "1.23457", 1e-9: "1e-09", 2e15: "2e+15"} {
		if got := Shown(value, 6); got != want {
			t.Errorf("%v is written %s, not %s", value, got, want)
		}
	}
}
