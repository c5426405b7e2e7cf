package io.clawpod.proxy.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlaceholderFormatsTest {
    private static final PlaceholderFormats FORMATS =
            PlaceholderFormats.of(List.of("sk-{token}", "sk-ant-api03-{token}-AA", "ghp_{token}"));

    @ParameterizedTest
    @CsvSource({
        "eyJ.a.b, eyJ.a.b",
        "eyJ.a.b-AA, eyJ.a.b-AA",
        "sk-ant-api03-eyJ.a.b-AA, eyJ.a.b",
        "sk-ant-api03-eyJ.a.b-AA-AA, eyJ.a.b-AA",
        "sk-eyJ.a.b, eyJ.a.b",
        "ghp_eyJ.a.b, eyJ.a.b",
        "ghp_, ghp_",
        "GHP_eyJ.a.b, GHP_eyJ.a.b",
        "xghp_eyJ.a.b, xghp_eyJ.a.b",
    })
    void theTokenIsTakenOutOfTheLongestShapeThatFits(String presented, String token) {
        assertEquals(token, FORMATS.unwrap(presented));
        assertEquals(presented, PlaceholderFormats.NONE.unwrap(presented));
    }
}
