//! Decimal numbers as text, compared and converted without loss.

/// A number in its one canonical form: digits times a power of ten.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` if it is no number: a sign, digits with a point among them, and an exponent, of which only the digits
    /// must be there.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let shorter = all.trim_end_matches('0');
        let digits = shorter.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let zeros = all.len() - shorter.len();
        let exponent = i64::from(exponent) - i64::try_from(fraction.len()).ok()? + i64::try_from(zeros).ok()?;
        Some(Self { negative, digits, exponent })
    }

    /// The number if it is an integer of at most 128 bits and a sign.
    pub(super) fn integer(&self) -> Option<Integer> {
        if self.digits.is_empty() {
            return Some(Integer { negative: false, magnitude: 0 });
        }
        let power = 10u128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        let magnitude = self.digits.parse::<u128>().ok()?.checked_mul(power)?;
        Some(Integer { negative: self.negative, magnitude })
    }

    pub(super) fn times_ten_to(mut self, power: i64) -> Self {
        self.exponent += power;
        self
    }

    /// The integer that is left without the digits behind the point.
    pub(super) fn whole(mut self) -> Option<Integer> {
        self.digits.truncate(usize::try_from(self.whole_digits()).unwrap_or(0));
        self.exponent = self.exponent.max(0);
        self.integer()
    }

    /// How many digits stand before the point.
    pub(super) fn whole_digits(&self) -> i64 {
        self.digits.len() as i64 + self.exponent
    }

    /// The float that `text`, from which this was parsed, reads as, if that float is written with the same digits.
    pub(super) fn to_f64(&self, text: &str) -> Option<f64> {
        let number = text.parse::<f64>().ok()?;
        // serde_json writes the fewest digits, as std does, with code that is there anyhow: std's has 15 KB.
        let shortest = serde_json::Number::from_f64(number)?.to_string();
        (Self::parse(&shortest).as_ref() == Some(self)).then_some(number)
    }
}

/// An integer with room for both signs.
#[derive(Clone, Copy)]
pub(super) struct Integer {
    negative: bool,
    magnitude: u128,
}

impl Integer {
    pub(super) fn to_u128(self) -> Option<u128> {
        (!self.negative).then_some(self.magnitude)
    }

    pub(super) fn to_i128(self) -> Option<i128> {
        if self.negative { 0_i128.checked_sub_unsigned(self.magnitude) } else { i128::try_from(self.magnitude).ok() }
    }

    pub(super) fn to_u64(self) -> Option<u64> {
        u64::try_from(self.to_u128()?).ok()
    }

    pub(super) fn to_i64(self) -> Option<i64> {
        i64::try_from(self.to_i128()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(text: &str) -> Option<i128> {
        Decimal::parse(text).unwrap().integer().and_then(Integer::to_i128)
    }

    #[test]
    fn one_number_has_one_form() {
        for same in [
            &["100", "1E2", "1e+2", "100.00", "0100", "+100", "1000E-1", "0.1E3"][..],
            &["0", "-0", "0.0", "0E5", ".0", "-0e-99"],
            &["-1.5", "-15E-1", "-0.15e1", "-1.50"],
        ] {
            for text in same {
                assert_eq!(Decimal::parse(text), Decimal::parse(same[0]), "{text}");
            }
        }
        assert_ne!(Decimal::parse("1"), Decimal::parse("-1"));
        assert_ne!(Decimal::parse("1"), Decimal::parse("10"));
        assert_ne!(Decimal::parse("1"), Decimal::parse("0.1"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in
            ["", "-", "+-1", "--1", "e5", "1e", "1e1.5", "1.2.3", "1 ", " 1", "NaN", "inf", "0x1", "1_0", "é", "."]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse("1e99999999999999"), None);
    }

    #[test]
    fn only_integers_are_integers() {
        assert_eq!(integer("5.0"), Some(5));
        assert_eq!(integer("-1E+2"), Some(-100));
        assert_eq!(integer("15E-1"), None);
        assert_eq!(integer("1e-2147483648"), None);
        assert_eq!(integer("1e2147483647"), None);
        assert_eq!(integer(&i128::MIN.to_string()), Some(i128::MIN));
        assert_eq!(integer(&i128::MAX.to_string()), Some(i128::MAX));
        assert_eq!(integer(&u128::MAX.to_string()), None);
        let max = Decimal::parse(&u128::MAX.to_string()).unwrap().integer();
        assert_eq!(max.and_then(Integer::to_u128), Some(u128::MAX));
        assert!(Decimal::parse(&format!("{}0", u128::MAX)).unwrap().integer().is_none());
    }

    #[test]
    fn what_is_behind_the_point_is_cut_off() {
        let whole = |text: &str, power| Decimal::parse(text).unwrap().times_ten_to(power).whole().unwrap().magnitude;
        for (text, power, number) in
            [("12.5", 0, 12), ("12.5", 1, 125), ("1.5E1", 3, 15_000), ("0.5", 0, 0), ("1E-30", 9, 0), ("0", 9, 0)]
        {
            assert_eq!(whole(text, power), number, "{text}");
        }
    }

    #[test]
    fn a_float_has_every_digit_or_is_none() {
        let float = |text: &str| Decimal::parse(text).unwrap().to_f64(text);
        for (text, number) in
            [("0.1", 0.1), ("1E-130", 1e-130), ("1e+20", 1e20), ("-2.5", -2.5), ("0.30000000000000004", 0.1 + 0.2)]
        {
            assert_eq!(float(text), Some(number), "{text}");
        }
        for text in ["0.1234567890123456789", "12345678901234567890", "1e-400", "1e400", "0.10000000000000000001"] {
            assert_eq!(float(text), None, "{text}");
        }
    }
}
