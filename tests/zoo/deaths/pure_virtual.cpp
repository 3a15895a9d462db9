/* Calls a pure virtual function from a constructor. Context: tool. */

#include "tests/zoo/deaths/death.h"

struct base {
    base();
    virtual ~base() = default;
    virtual void act() = 0;
};

/* Its own function: gcc sees no static type any more. */
LINK void act_on(base *object);
LINK void act_on(base *object)
{
    object->act();
}

base::base()
{
    act_on(this);
}

struct derived : base {
    void act() override
    {
    }
};

void crash_here()
{
    derived object;
}

int main()
{
    crash_outer();
    return 0;
}
