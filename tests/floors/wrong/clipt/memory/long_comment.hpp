// A sentence, and then more.
//
// The comment at the top may go on.
#pragma once
