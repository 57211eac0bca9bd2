//! Grey values, and the few ways of preparing them that help reading.

/// A picture in shades of grey, row by row: 0 is black, 255 white. It has at least one pixel.
#[derive(Clone)]
pub(super) struct Luma {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Luma {
    /// A picture of `width × height` pixels, or none when `pixels` are not as many, or none at all.
    pub(super) fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Self> {
        let fits = !pixels.is_empty() && width.checked_mul(height) == Some(pixels.len());
        fits.then_some(Self {
            width,
            height,
            pixels,
        })
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Each pixel becomes the mean of itself and its eight neighbours.
    pub(super) fn smoothed(&self) -> Self {
        self.beside_means(1, |_, mean| mean)
    }

    /// Each pixel's distance from the mean of the 9 × 9 around it, three times.
    pub(super) fn sharpened(&self) -> Self {
        self.beside_means(4, |pixel, mean| {
            let sharp = 3 * i32::from(pixel) - 2 * i32::from(mean);
            u8::try_from(sharp.clamp(0, 255)).unwrap_or(mean)
        })
    }

    /// Half as wide and high: the means of 2 × 2. None when nothing would be left.
    pub(super) fn halved(&self) -> Option<Self> {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = Vec::with_capacity(width * height);
        for lines in self.pixels.chunks_exact(2 * self.width) {
            let (upper, lower) = lines.split_at(self.width);
            let squares = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
            pixels.extend(squares.map(|([a, b], [c, d])| mean_of_four([*a, *b, *c, *d])));
        }
        Self::new(width, height, pixels)
    }

    /// Half again as wide and high, with values between the pixels on straight lines.
    pub(super) fn enlarged(&self) -> Option<Self> {
        let (rows, columns) = (between(self.height), between(self.width));
        let mut pixels = Vec::with_capacity(rows.len() * columns.len());
        for row in &rows {
            let (upper, lower) = (self.line(row.before)?, self.line(row.after)?);
            for column in &columns {
                let above = column.mix(
                    u32::from(*upper.get(column.before)?),
                    u32::from(*upper.get(column.after)?),
                );
                let below = column.mix(
                    u32::from(*lower.get(column.before)?),
                    u32::from(*lower.get(column.after)?),
                );
                pixels.push(u8::try_from(row.mix(above, below) / 36).unwrap_or(u8::MAX));
            }
        }
        Self::new(columns.len(), rows.len(), pixels)
    }

    /// Each line twice.
    pub(super) fn lines_doubled(&self) -> Option<Self> {
        let lines = self.pixels.chunks(self.width);
        Self::new(
            self.width,
            2 * self.height,
            lines.flat_map(|line| [line, line].concat()).collect(),
        )
    }

    fn line(&self, y: usize) -> Option<&[u8]> {
        self.pixels.chunks(self.width).nth(y)
    }

    /// `change` makes each pixel anew from itself and from the mean of those up to `reach` away, beyond no edge.
    fn beside_means(&self, reach: usize, change: impl Fn(u8, u8) -> u8) -> Self {
        let lines: Vec<&[u8]> = self.pixels.chunks(self.width).collect();
        let mut window = Window::new(self.width, reach);
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for line in lines.iter().take(reach) {
            window.enter(line);
        }
        for (y, line) in lines.iter().enumerate() {
            if let Some(below) = lines.get(y + reach) {
                window.enter(below);
            }
            if let Some(above) = y.checked_sub(reach + 1).and_then(|above| lines.get(above)) {
                window.leave(above);
            }
            pixels.extend(
                line.iter()
                    .zip(window.means())
                    .map(|(pixel, mean)| change(*pixel, mean)),
            );
        }
        Self { pixels, ..*self }
    }
}

/// The lines around one line, summed column by column.
struct Window {
    columns: Vec<u32>,
    lines: u32,
    reach: usize,
}

impl Window {
    fn new(width: usize, reach: usize) -> Self {
        Self {
            columns: vec![0; width],
            lines: 0,
            reach,
        }
    }

    fn enter(&mut self, line: &[u8]) {
        self.lines += 1;
        for (column, pixel) in self.columns.iter_mut().zip(line) {
            *column += u32::from(*pixel);
        }
    }

    fn leave(&mut self, line: &[u8]) {
        self.lines -= 1;
        for (column, pixel) in self.columns.iter_mut().zip(line) {
            *column -= u32::from(*pixel);
        }
    }

    /// For each column the mean of all pixels in the lines and up to `reach` columns away.
    fn means(&self) -> impl Iterator<Item = u8> {
        let (mut sum, mut pixels) = (0, 0);
        for column in self.columns.iter().take(self.reach) {
            sum += column;
            pixels += self.lines;
        }
        (0..self.columns.len()).map(move |x| {
            if let Some(right) = self.columns.get(x + self.reach) {
                sum += right;
                pixels += self.lines;
            }
            if let Some(left) = x
                .checked_sub(self.reach + 1)
                .and_then(|left| self.columns.get(left))
            {
                sum -= left;
                pixels -= self.lines;
            }
            u8::try_from(sum / pixels.max(1)).unwrap_or(u8::MAX)
        })
    }
}

fn mean_of_four(pixels: [u8; 4]) -> u8 {
    let sum: u16 = pixels.into_iter().map(u16::from).sum();
    u8::try_from(sum / 4).unwrap_or(u8::MAX)
}

/// Two neighbours, and how far from the one towards the other, in sixths.
struct Between {
    before: usize,
    after: usize,
    sixths: u32,
}

impl Between {
    /// Six times the value at this place.
    fn mix(&self, before: u32, after: u32) -> u32 {
        (6 - self.sixths) * before + self.sixths * after
    }
}

/// Where the middles of three places fall that take the room of two: (i + ½) · ⅔ − ½ = (4 i − 1) / 6.
fn between(length: usize) -> Vec<Between> {
    let last = length.saturating_sub(1);
    let places = (0..length * 3 / 2).map(|place| (4 * place).saturating_sub(1));
    places
        .map(|sixths| Between {
            before: (sixths / 6).min(last),
            after: (sixths / 6 + 1).min(last),
            sixths: u32::try_from(sixths % 6).unwrap_or(0),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma<const W: usize, const H: usize>(lines: [[u8; W]; H]) -> Luma {
        Luma::new(W, H, lines.concat()).expect("it has pixels")
    }

    #[test]
    fn a_picture_has_as_many_pixels_as_it_says() {
        assert!(Luma::new(2, 2, vec![0; 3]).is_none());
        assert!(Luma::new(0, 5, Vec::new()).is_none());
        assert!(Luma::new(usize::MAX, 2, vec![0; 2]).is_none());
    }

    #[test]
    fn means_stop_at_the_edges() {
        let smoothed = luma([[0, 90, 0], [0, 0, 0], [0, 0, 90]]).smoothed();
        assert_eq!(smoothed.pixels, [22, 15, 22, 15, 20, 30, 0, 15, 22]);
        assert_eq!(luma([[7]]).smoothed().pixels, [7]);
    }

    #[test]
    fn sharpening_draws_values_apart_and_stays_in_range() {
        let sharpened = luma([[100, 100, 160, 160]]).sharpened();
        assert_eq!(sharpened.pixels, [40, 40, 220, 220]);
        assert_eq!(luma([[0, 255]]).sharpened().pixels, [0, 255]);
    }

    #[test]
    fn halving_leaves_out_the_odd_line_and_column() {
        let halved = luma([[10, 20, 9], [30, 40, 9], [9, 9, 9]])
            .halved()
            .expect("one pixel is left");
        assert_eq!((halved.width, halved.height, halved.pixels), (1, 1, vec![25]));
        assert!(luma([[1, 2, 3]]).halved().is_none());
    }

    #[test]
    fn enlarging_draws_straight_lines() {
        let enlarged = luma([[0, 60], [0, 60]]).enlarged().expect("it grows");
        assert_eq!((enlarged.width, enlarged.height), (3, 3));
        assert_eq!(enlarged.pixels, [0, 30, 60, 0, 30, 60, 0, 30, 60]);
    }

    #[test]
    fn each_line_comes_twice() {
        assert_eq!(
            luma([[1, 2], [3, 4]]).lines_doubled().expect("it grows").pixels,
            [1, 2, 1, 2, 3, 4, 3, 4]
        );
    }
}
