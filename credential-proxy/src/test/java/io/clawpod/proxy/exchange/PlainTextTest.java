package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PlainTextTest {
    private static int slowly(byte[] bytes, int from) {
        int at = from;
        while (at < bytes.length && bytes[at] != '"' && bytes[at] != '\\' && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    @Test
    void theEndIsFoundWhateverByteStandsWhereverInWhateverText() {
        // What differs from an end in one bit, above or below one, is what counting in eights could mistake for it.
        for (int filler : new int[] {0, 1, ' ', '!', '#', 0x0b, 0x5b, 0x5d, 0x80, 0xa2, 0xdc, 0x8a, 0xff}) {
            for (int value = 0; value < 256; value++) {
                for (int place = 0; place < 27; place++) {
                    byte[] text = new byte[27];
                    Arrays.fill(text, (byte) filler);
                    text[place] = (byte) value;
                    for (int from = 0; from <= place; from++) {
                        assertEquals(slowly(text, from), PlainText.end(text, from));
                    }
                }
            }
        }
    }

    @Test
    void theFirstOfSeveralEndsCounts() {
        byte[] ends = {'"', '\\', '\n'};
        for (byte first : ends) {
            for (byte second : ends) {
                for (int place = 0; place < 16; place++) {
                    for (int next = place + 1; next < 17; next++) {
                        byte[] text = new byte[17];
                        text[place] = first;
                        // A byte that differs from the end in its lowest bit alone is where a borrow would show.
                        Arrays.fill(text, place + 1, 17, (byte) (first ^ 1));
                        text[next] = second;
                        assertEquals(place, PlainText.end(text, 0));
                    }
                }
            }
        }
    }
}
