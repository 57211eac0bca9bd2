import java.io.FileInputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Asks veraPDF whether files conform: {@code VeraCheck 3a,ua1 FILE...}.
 *
 * <p>Prints a line for each file and flavour, and below it each broken rule once. Exit code 0: all conform; 1: some do
 * not; 2: some could not be checked.
 */
final class VeraCheck {
    private VeraCheck() {}

    public static void main(String[] arguments) {
        if (arguments.length < 2) {
            System.err.println("usage: VeraCheck FLAVOUR[,FLAVOUR] FILE...");
            System.exit(2);
        }
        VeraGreenfieldFoundryProvider.initialise();
        int worst = 0;
        for (int at = 1; at < arguments.length; at++) {
            for (String flavour : arguments[0].split(",")) {
                worst = Math.max(worst, check(arguments[at], flavour));
            }
        }
        System.exit(worst);
    }

    private static int check(String file, String name) {
        PDFAFlavour flavour = PDFAFlavour.fromString(name);
        try (FileInputStream bytes = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(bytes, flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            String verdict = result.isCompliant() ? "conforms" : "BREAKS RULES";
            System.out.printf("%s %s %s (%d checks)%n", file, name, verdict, result.getTotalAssertions());
            brokenRules(result).forEach((rule, where) -> System.out.printf("    %s: %s%n", rule, where));
            return result.isCompliant() ? 0 : 1;
        } catch (Exception fault) {
            System.out.printf("%s %s NOT CHECKED: %s%n", file, name, fault);
            return 2;
        }
    }

    /** Each broken rule by clause and test, with the first place that breaks it. */
    private static Map<String, String> brokenRules(ValidationResult result) {
        Map<String, String> broken = new LinkedHashMap<>();
        for (TestAssertion assertion : result.getTestAssertions()) {
            if (assertion.getStatus() != TestAssertion.Status.PASSED) {
                String rule = assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber();
                String where = assertion.getMessage() + " @ " + assertion.getLocation().getContext();
                broken.putIfAbsent(rule, where);
            }
        }
        return broken;
    }
}
