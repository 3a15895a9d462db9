/*
 * Dereferences null and catches it, which the JVM has from SIGSEGV; with an
 * argument, writes where nothing is, that many calls deep, of which it dies.
 * Context: tool.
 */
public class Nulls {
    int field;

    static int read(Nulls nulls) {
        return nulls.field;
    }

    static void fall(sun.misc.Unsafe unsafe, int depth) {
        if (depth > 1) {
            fall(unsafe, depth - 1);
        } else {
            unsafe.putInt(0x10L, 1);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Nulls some = new Nulls();
        int caught = 0;
        for (int i = 0; i < 200000; i++) {
            try {
                read(i % 1000 == 999 ? null : some);
            } catch (NullPointerException expected) {
                caught++;
            }
        }
        System.out.println("caught " + caught);
        if (arguments.length > 0) {
            java.lang.reflect.Field field =
                Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
            field.setAccessible(true);
            fall((sun.misc.Unsafe) field.get(null),
                 Integer.parseInt(arguments[0]));
        }
    }
}
